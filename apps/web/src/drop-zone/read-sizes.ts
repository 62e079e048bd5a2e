import { nextTask } from '@shoal/room';
import type { ChosenFile } from '@shoal/room';

/** Work between two chances for the page to answer. */
const SLICE_MS = 20;

/**
 * Asks each file for its size, with pauses. The first look at `file.size` goes to the disk and blocks (0.3 ms in Chromium): with ten
 * thousand files the page would stand still for seconds. Later looks are free.
 * @param onProgress called before each pause with the number of files looked at, so not at all for a few files.
 */
export async function readSizes(
  files: readonly ChosenFile[],
  onProgress: (looked: number) => void = () => {},
  clock: () => number = () => performance.now(),
): Promise<void> {
  let sliceEnd = clock() + SLICE_MS;
  for (const [index, { file }] of files.entries()) {
    void file.size;
    if (clock() < sliceEnd) continue;
    onProgress(index + 1);
    await nextTask();
    sliceEnd = clock() + SLICE_MS;
  }
}
