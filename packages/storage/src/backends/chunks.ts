import type { Bytes } from '@shoal/protocol';

/** One stretch of a file inside one fixed-size chunk. Offsets may lie beyond 4 GiB, so no bit operations. */
export interface ChunkStretch {
  readonly index: number;
  /** Where the stretch begins inside the chunk. */
  readonly within: number;
  readonly length: number;
}

/** Cuts the byte range into stretches, each within one chunk, in order. */
export function* chunkStretches(at: number, length: number, chunkBytes: number): Generator<ChunkStretch> {
  const end = at + length;
  for (let position = at; position < end;) {
    const index = Math.floor(position / chunkBytes);
    const within = position - index * chunkBytes;
    const take = Math.min(chunkBytes - within, end - position);
    yield { index, within, length: take };
    position += take;
  }
}

/** Copies one stretch of a chunk out; what a chunk does not hold (a hole) reads as zeros. */
export function copyStretch(chunk: Bytes | undefined, stretch: ChunkStretch, into: Bytes, at: number): void {
  const target = into.subarray(at, at + stretch.length);
  const held = chunk?.subarray(stretch.within, stretch.within + stretch.length);
  if (held === undefined || held.length < target.length) target.fill(0);
  if (held !== undefined) target.set(held);
}
