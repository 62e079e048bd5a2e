import { expect, test } from 'vitest';
import * as protocol from './index.ts';

const crypto = protocol.webCryptoPort(globalThis.crypto);

test('[KD1] [LE1] [SB1] two members of a room understand each other through the public surface alone', async () => {
  const secret = protocol.createRoomSecret(crypto);
  const link = protocol.formatRoomLink('https://example.org/', secret);
  const keys = await protocol.deriveRoomKeys(crypto, protocol.parseRoomLink(link));
  const signer = protocol.signerOf(globalThis.crypto, await protocol.generateIdentity(globalThis.crypto));

  const files = [{ path: 'a/b.txt', size: 100_000 }];
  const body = { kind: 'offer', pieceLength: protocol.choosePieceLength(100_000), files } as const;
  const entry = await protocol.createEntry(signer, keys.roomId, 0, new Uint8Array(32), body);
  const message = protocol.decodeMessage(
    protocol.encodeMessage({ type: 'log-entries', entries: [entry.raw] }),
  );
  if (message.type !== 'log-entries') throw new Error('another message came out');
  const received = protocol.decodeEntry(message.entries[0] ?? new Uint8Array(0));
  expect(received).toEqual(entry);
  expect(await protocol.verifyEntry(crypto, keys.roomId, received)).toBe(true);

  const route = {
    from: 'alice',
    to: 'bob',
    connection: protocol.createConnectionId(crypto),
    seq: 7,
    lane: 1,
  };
  const signal = { kind: 'offer', sdp: 'v=0' } as const;
  const box = await protocol.sealSignal(crypto, keys.signalKey, signer, route, signal);
  const opened = await protocol.openSignal(crypto, keys.signalKey, { from: 'alice', to: 'bob' }, box);
  expect(opened).toEqual({ route, signal, publicKey: signer.publicKey, peerId: signer.peerId });

  const g = protocol.geometryOf(body.pieceLength, files);
  const content = new Uint8Array(100_000).map((_, index) => index);
  const first = await protocol.hashPiece(crypto, g, 0, content.subarray(0, body.pieceLength));
  const second = await protocol.hashPiece(crypto, g, 1, content.subarray(body.pieceLength));
  const hashes = protocol.concatBytes(first, second);
  const proof = protocol.proveHashes(g, hashes, 1, 1);
  const root = protocol.allPieceHashesRoot(g, hashes);
  expect(protocol.verifyHashesProof(g, root, proof.first, proof.hashes, proof.auth)).toBe(true);
});
