interface Pending {
  readonly handle: FileSystemHandle;
}

const pending = new Set<Pending>();

/**
 * Calls a method of a file system handle and keeps the handle alive until it is answered. Chromium (seen in 156) forgets a
 * call whose handle is garbage collected meanwhile: its promise never settles, and the store would hang now and then under load.
 */
export async function held<H extends FileSystemHandle, T>(
  handle: H,
  call: (handle: H) => Promise<T>,
): Promise<T> {
  const token = { handle };
  pending.add(token);
  try {
    return await call(handle);
  } finally {
    pending.delete(token);
  }
}
