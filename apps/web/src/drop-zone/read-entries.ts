import type { ChosenFile, FileOrigin } from '@shoal/room';

/** How many files of a folder are opened at a time: enough to hide latency, few enough to stay smooth. */
const OPEN_AT_ONCE = 64;

/** `2` before `10`. Folders are read in whatever order the disk has them. */
const byName = new Intl.Collator('en', { numeric: true });

/** What was found in a drop. */
export interface Gathered {
  readonly files: readonly ChosenFile[];
  /** Paths that the browser refused to read. */
  readonly unreadable: readonly string[];
}

/** One thing dropped: a file that is at hand, or a folder still to be walked. */
export type DroppedItem = (
  | { readonly kind: 'file'; readonly file: File }
  | { readonly kind: 'folder'; readonly entry: FileSystemDirectoryEntry }
) & {
  /** Lets the same files be read again after a reload; undefined where the browser has no such thing. */
  readonly handle: Promise<FileSystemHandle | undefined>;
};

/** Chromium has it; TypeScript's DOM types do not. */
interface HandleItem {
  getAsFileSystemHandle(): Promise<FileSystemHandle | null>;
}

/**
 * Takes what is in a drop. Must be called inside the event handler itself: a DataTransfer is empty once the handler has returned.
 * @param items `event.dataTransfer.items`.
 */
export function takeDroppedItems(items: Iterable<DataTransferItem>): DroppedItem[] {
  const taken: DroppedItem[] = [];
  for (const item of items) {
    if (item.kind !== 'file') continue;
    const handle = handleOf(item);
    const entry = item.webkitGetAsEntry();
    if (entry !== null && isDirectory(entry)) {
      taken.push({ kind: 'folder', entry, handle });
      continue;
    }
    const file = item.getAsFile();
    if (file !== null) taken.push({ kind: 'file', file, handle });
  }
  return taken;
}

/**
 * Walks dropped folders to their end. Empty files are kept, empty folders are not: an offer is a list of files.
 * @param onProgress called with the number of files found so far.
 */
export async function gatherFiles(
  items: readonly DroppedItem[],
  onProgress: (found: number) => void = () => {},
): Promise<Gathered> {
  const files: ChosenFile[] = [];
  const unreadable: string[] = [];
  for (const item of items) {
    const root = await item.handle;
    if (item.kind === 'file') {
      files.push({ file: item.file, path: item.file.name, ...originIn(root, '') });
      continue;
    }
    const top = item.entry.name.length + 1;
    // A list and not recursion: folders may be nested deeper than a stack likes.
    const folders = [{ entry: item.entry, path: item.entry.name }];
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      const { entry, path } = next;
      const children = await listFolder(entry).catch(() => undefined);
      if (children === undefined) {
        unreadable.push(path);
        continue;
      }
      const before = files.length;
      const inside = await openAll(children.filter(isFile), path, unreadable, opened =>
        onProgress(before + opened),
      );
      for (const chosen of inside) files.push({ ...chosen, ...originIn(root, chosen.path.slice(top)) });
      // Backwards, since the last one pushed is walked first.
      for (const child of children.filter(isDirectory).reverse()) {
        folders.push({ entry: child, path: `${path}/${child.name}` });
      }
    }
  }
  return { files, unreadable };
}

/**
 * The files of an `<input type=file>`, with or without `webkitdirectory`.
 */
export function chosenFromInput(files: Iterable<File>): ChosenFile[] {
  return Array.from(files, file => ({
    file,
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
  })).sort((a, b) => byName.compare(a.path, b.path));
}

async function handleOf(item: DataTransferItem): Promise<FileSystemHandle | undefined> {
  if (!hasHandle(item)) return undefined;
  // Sharing works without it, so why it failed is nobody's concern.
  return (await item.getAsFileSystemHandle().catch(() => null)) ?? undefined;
}

function hasHandle(item: DataTransferItem): item is DataTransferItem & HandleItem {
  return 'getAsFileSystemHandle' in item;
}

function originIn(root: FileSystemHandle | undefined, path: string): { readonly origin?: FileOrigin } {
  return root === undefined ? {} : { origin: { root, path } };
}

async function listFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // A reader hands out a batch (100 in Chromium) at a time, and an empty one at the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (batch.length === 0) return all.sort((a, b) => byName.compare(a.name, b.name));
    for (const entry of batch) all.push(entry);
  }
}

async function openAll(
  entries: readonly FileSystemFileEntry[],
  folder: string,
  unreadable: string[],
  onProgress: (opened: number) => void,
): Promise<ChosenFile[]> {
  const opened: ChosenFile[] = [];
  for (let start = 0; start < entries.length; start += OPEN_AT_ONCE) {
    const batch = entries.slice(start, start + OPEN_AT_ONCE);
    const results = await Promise.allSettled(batch.map(openFile));
    results.forEach((result, index) => {
      const path = `${folder}/${batch[index]?.name ?? ''}`;
      if (result.status === 'fulfilled') opened.push({ file: result.value, path });
      else unreadable.push(path);
    });
    onProgress(opened.length);
  }
  return opened;
}

function openFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
