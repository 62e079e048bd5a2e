import { StorageError } from '../errors.ts';
import { held } from './held.ts';

/** `FileSystemSyncAccessHandle`, which TypeScript's DOM types lack because it exists in workers only. */
export interface SyncAccessHandle {
  read(into: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  truncate(length: number): void;
  flush(): void;
  close(): void;
}

interface SyncAccessFile {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

/** @throws StorageError 'unsupported' outside a worker or in an old browser. */
export async function openSyncAccess(file: FileSystemFileHandle): Promise<SyncAccessHandle> {
  if (!hasSyncAccess(file)) throw new StorageError('unsupported');
  return held(file, opened => opened.createSyncAccessHandle());
}

function hasSyncAccess(file: FileSystemFileHandle): file is FileSystemFileHandle & SyncAccessFile {
  return 'createSyncAccessHandle' in file;
}
