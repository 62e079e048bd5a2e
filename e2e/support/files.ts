import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { once } from 'node:events';

/** Bytes between the places of a sparse file that hold noise, and of that noise. */
const EDGE = 2 ** 31;
const SPARSE_NOISE = 2 ** 20;

/** Writes `bytes` of repeatable noise (xorshift32, so that no two blocks are alike) and returns its SHA-256 in hex. */
export async function writeNoise(path: string, bytes: number, seed = 1): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  const out = createWriteStream(path);
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  for (let left = bytes; left > 0;) {
    const words = new Uint32Array(Math.min(left + 3, 1 << 20) >> 2);
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state >>> 0;
    }
    const chunk = Buffer.from(words.buffer).subarray(0, Math.min(left, words.byteLength));
    hash.update(chunk);
    if (!out.write(chunk)) await once(out, 'drain');
    left -= chunk.length;
  }
  out.end();
  await once(out, 'close');
  return hash.digest('hex');
}

/**
 * Writes a file of zeros that takes no room on the disk, with noise at both ends and on either side of each multiple of 2 GiB, where
 * an offset of 32 bits would go wrong. Returns its SHA-256 in hex.
 */
export async function writeSparse(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'w');
  await file.truncate(bytes);
  const half = SPARSE_NOISE / 2;
  const edges = Array.from({ length: Math.floor(bytes / EDGE) + 1 }, (_, index) => index * EDGE);
  for (const edge of [...edges, bytes]) {
    const at = Math.min(Math.max(0, edge - half), bytes - SPARSE_NOISE);
    await file.write(randomBytes(SPARSE_NOISE), 0, SPARSE_NOISE, at);
  }
  await file.close();
  return await sha256OfFile(path);
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Removes a folder into which a browser that was closed or killed may write for a moment longer. */
export async function removeFolder(path: string): Promise<void> {
  // The n-th try comes n times so late: 5 s in all.
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
