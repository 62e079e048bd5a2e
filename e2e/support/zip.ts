import { createHash } from 'node:crypto';
import { openPromise } from 'yauzl';

/** Path → SHA-256 in hex of every file in a .zip, read by a library that is not the one that wrote it. */
export async function hashesInZip(path: string): Promise<Map<string, string>> {
  const zip = await openPromise(path, { lazyEntries: true, decodeStrings: true, validateEntrySizes: true });
  const hashes = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    const hash = createHash('sha256');
    for await (const chunk of await zip.openReadStreamPromise(entry)) hash.update(chunk as Buffer);
    hashes.set(entry.fileName, hash.digest('hex'));
  }
  zip.close();
  return hashes;
}
