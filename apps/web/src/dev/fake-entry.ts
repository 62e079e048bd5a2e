/** A folder's contents: texts are files. */
export type Tree = { readonly [name: string]: Tree | string | null };

/** What a browser hands out in batches, full or not; `null` in a tree is something that cannot be read. */
export function fakeEntry(name: string, content: Tree | string | null): FileSystemEntry {
  const base = { name, fullPath: `/${name}`, filesystem: { name: '', root: null }, getParent() {} };
  const refuse = (reject: unknown) =>
    typeof reject === 'function' && reject(new DOMException('no', 'NotReadableError'));
  const entry =
    typeof content === 'string' || content === null
      ? {
          ...base,
          isFile: true,
          isDirectory: false,
          file: (resolve: (file: File) => void, reject: unknown) =>
            content === null ? refuse(reject) : queueMicrotask(() => resolve(new File([content], name))),
        }
      : {
          ...base,
          isFile: false,
          isDirectory: true,
          createReader() {
            const left = Object.entries(content).map(([key, value]) => fakeEntry(key, value));
            return {
              readEntries: (resolve: (batch: FileSystemEntry[]) => void) =>
                queueMicrotask(() => resolve(left.splice(0, 70))),
            };
          },
        };
  // A fake has only the part of a FileSystemEntry that is used here.
  return entry as unknown as FileSystemEntry;
}
