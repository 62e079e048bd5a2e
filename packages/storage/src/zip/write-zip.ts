import { makeZip } from 'client-zip';
import type { Bytes } from '@shoal/protocol';
import { StorageError } from '../errors.ts';
import type { ZipEntry } from '../piece-store.ts';
import type { TempSink } from './temp.ts';
import { uniquePaths } from './unique-paths.ts';
import { zip64End } from './zip64-end.ts';

/**
 * Streams complete files into one stored .zip. Names are UTF-8 and flagged so; sizes beyond 4 GiB are client-zip's zip64,
 * more than 65,534 files our own. Memory stays at two chunks, however large the archive.
 * @throws StorageError 'aborted' by the signal, 'not-verified' for a file that is not complete.
 */
export async function writeZip(
  entries: readonly ZipEntry[],
  open: (entry: ZipEntry) => Promise<Blob>,
  temp: () => TempSink,
  signal: AbortSignal,
): Promise<Blob> {
  const paths = uniquePaths(entries.map(entry => entry.path));
  const now = new Date();
  async function* inputs() {
    for (const [index, entry] of entries.entries()) {
      const blob = await open(entry);
      // The plain bytes of an empty file: some engines give an empty Blob's stream no end before it is read.
      const input = blob.size === 0 ? new Uint8Array(0) : blob.stream();
      const lastModified = blob instanceof File ? new Date(blob.lastModified) : now;
      yield { name: paths[index] ?? entry.path, input, size: blob.size, lastModified };
    }
  }
  const sink = temp();
  try {
    const reader = makeZip(inputs()).getReader();
    let bytes = 0;
    // The last chunk is the end record.
    let last: Bytes = new Uint8Array(0);
    const append = async (chunk: Bytes): Promise<void> => {
      if (chunk.length === 0) return;
      await sink.append(chunk);
      bytes += chunk.length;
    };
    for (;;) {
      if (signal.aborted) {
        await reader.cancel();
        throw new StorageError('aborted');
      }
      const { value, done } = await reader.read();
      if (done) break;
      await append(last);
      last = new Uint8Array(value);
    }
    const more = zip64End(entries.length, last, bytes);
    if (more !== undefined) await append(more);
    await append(last);
    return typed(await sink.finish());
  } catch (error) {
    await sink.drop();
    throw error;
  }
}

/** A browser that saves a Blob without a type may guess an extension from its content. */
function typed(blob: Blob): Blob {
  return blob.type === 'application/zip' ? blob : blob.slice(0, blob.size, 'application/zip');
}
