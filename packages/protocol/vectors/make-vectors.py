#!/usr/bin/env python3
"""Writes bep52.json: Merkle roots and piece layers of v2 torrents made by libtorrent (Debian: python3-libtorrent).

An implementation that shares no code with ours. Content is not stored: byte i of a file is (i * 7 + i // 251) % 251.
Run:  /usr/bin/python3 make-vectors.py > bep52.json   (made with libtorrent 2.0.8)
"""

import json
import os
import tempfile

import libtorrent as lt

KIB = 1024
MIB = 1024 * KIB
SIZES = [1, 16383, 16384, 16385, 40000, 65535, 65536, 65537, 131072, 200000, 262144, 262145, MIB, MIB + 1, 3 * MIB + 12345, 5 * MIB]
PIECE_LENGTHS = [64 * KIB, 256 * KIB, MIB, 4 * MIB]


def content(size):
    return bytes((i * 7 + i // 251) % 251 for i in range(size))


def v2_torrent(path, piece_length):
    storage = lt.file_storage()
    lt.add_files(storage, path)
    torrent = lt.create_torrent(storage, piece_length, lt.create_torrent.v2_only)
    lt.set_piece_hashes(torrent, os.path.dirname(path))
    return torrent.generate()


def vector(folder, size, piece_length):
    path = os.path.join(folder, "file")
    with open(path, "wb") as file:
        file.write(content(size))
    torrent = v2_torrent(path, piece_length)
    root = torrent[b"info"][b"file tree"][b"file"][b""][b"pieces root"]
    layer = torrent[b"piece layers"].get(root, b"")
    return {
        "size": size,
        "pieceLength": piece_length,
        "piecesRoot": root.hex(),
        # BEP 52 lists a layer only for files longer than one piece.
        "pieceLayer": [layer[i : i + 32].hex() for i in range(0, len(layer), 32)],
    }


with tempfile.TemporaryDirectory() as folder:
    vectors = [vector(folder, size, length) for length in PIECE_LENGTHS for size in SIZES]
print(json.dumps({"libtorrent": lt.version, "vectors": vectors}, indent=1))
