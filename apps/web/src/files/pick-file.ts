/** Chromium has them; TypeScript's DOM types do not. */
interface SavePicker {
  showSaveFilePicker(options: { readonly suggestedName: string }): Promise<FileSystemFileHandle>;
}

interface FolderPicker {
  showDirectoryPicker(options: { readonly mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>;
}

/** Asks where a file shall go, where the browser can. A person who closes the question gives up, which is no failure. */
export const pickFile = pickerOf(globalThis);

/** Asks for a folder to write into, where the browser can. */
export const pickFolder = folderPickerOf(globalThis);

function folderPickerOf(page: object): (() => Promise<FileSystemDirectoryHandle>) | undefined {
  if (!hasFolderPicker(page)) return undefined;
  return async () => await page.showDirectoryPicker({ mode: 'readwrite' });
}

function hasFolderPicker(page: object): page is FolderPicker {
  return 'showDirectoryPicker' in page;
}

function pickerOf(page: object): ((name: string) => Promise<FileSystemFileHandle>) | undefined {
  if (!hasPicker(page)) return undefined;
  return async name => await page.showSaveFilePicker({ suggestedName: name });
}

function hasPicker(page: object): page is SavePicker {
  return 'showSaveFilePicker' in page;
}
