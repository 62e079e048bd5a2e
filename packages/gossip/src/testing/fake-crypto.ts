import { peerIdOf } from '@shoal/protocol';
import type { Bytes, PeerId, Signer } from '@shoal/protocol';

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomBytes(random: () => number, length: number): Bytes {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** A keyed checksum in place of a signature: fast and deterministic, and everyone in the test is trusted not to forge it. */
function fakeSignature(publicKey: Bytes, message: Bytes): Bytes {
  const signature = new Uint8Array(64);
  const view = new DataView(signature.buffer);
  for (let word = 0; word < 4; word += 1) {
    let hash = 0x811c9dc5 ^ (word * 0x9e3779b1);
    for (const byte of publicKey) hash = Math.imul(hash ^ byte, 0x01000193);
    for (const byte of message) hash = Math.imul(hash ^ byte, 0x01000193);
    view.setUint32(word * 16, hash >>> 0);
  }
  return signature;
}

export function fakeSigner(random: () => number): Signer {
  const publicKey = randomBytes(random, 32);
  const peerId: PeerId = peerIdOf(publicKey);
  return { publicKey, peerId, sign: message => Promise.resolve(fakeSignature(publicKey, message)) };
}
