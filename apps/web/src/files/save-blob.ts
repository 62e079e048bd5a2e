import type { Saved } from './room-actions.ts';

/** Long enough for a slow disk to have opened the file, after which the browser needs the address no more. */
const REVOKE_AFTER_MS = 5 * 60_000;

/** Hands a file to the browser's downloads by a link: the one way that every browser has, and disk to disk when the Blob is on disk. */
export function saveBlob({ name, blob }: Saved): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_AFTER_MS);
}
