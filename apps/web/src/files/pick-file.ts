/** Chromium has it; TypeScript's DOM types do not. */
interface SavePicker {
  showSaveFilePicker(options: { readonly suggestedName: string }): Promise<FileSystemFileHandle>;
}

/** Asks where a file shall go, where the browser can. A person who closes the question gives up, which is no failure. */
export const pickFile = pickerOf(globalThis);

function pickerOf(page: object): ((name: string) => Promise<FileSystemFileHandle>) | undefined {
  if (!hasPicker(page)) return undefined;
  return async name => await page.showSaveFilePicker({ suggestedName: name });
}

function hasPicker(page: object): page is SavePicker {
  return 'showSaveFilePicker' in page;
}
