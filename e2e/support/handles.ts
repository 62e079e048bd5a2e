import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';

/** Drops files and folders on the page as a person does, so that the browser hands out handles for them. */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  await session.detach();
}

/**
 * Makes a profile whose person has answered "Allow on every visit" for a site: headless Chromium shows no question, and nobody could
 * answer it.
 */
export async function profileThatAllows(dir: string, url: string): Promise<string> {
  await mkdir(join(dir, 'Default'), { recursive: true });
  const allowed = { [`${url},*`]: { last_modified: '13400000000000000', setting: 1 } };
  await writeFile(
    join(dir, 'Default', 'Preferences'),
    JSON.stringify({
      profile: { content_settings: { exceptions: { file_system_access_extended_permission: allowed } } },
    }),
  );
  return dir;
}

/** The browser wants to be asked again for each handle, until it is. */
export async function withholdPermission(page: Page): Promise<void> {
  await page.addInitScript(() => {
    interface Asked {
      queryPermission(): Promise<string>;
      requestPermission(descriptor: { mode: 'read' }): Promise<string>;
    }
    const asked = new WeakSet<object>();
    const prototype = FileSystemHandle.prototype as FileSystemHandle & Asked;
    const request = prototype.requestPermission;
    prototype.queryPermission = async function queryPermission() {
      return asked.has(this) ? 'granted' : 'prompt';
    };
    prototype.requestPermission = async function requestPermission(descriptor) {
      if (!navigator.userActivation.isActive) throw new DOMException('no click', 'SecurityError');
      asked.add(this);
      return await request.call(this, descriptor);
    };
  });
}

/** Has a person pick a folder whenever the page asks: one of the browser's own, since headless nobody can pick another. */
export async function pickFolder(page: Page, name: string): Promise<void> {
  await page.evaluate(name => {
    Object.assign(globalThis, {
      showDirectoryPicker: async () =>
        await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true }),
    });
  }, name);
}

/** Has a person pick such a file, in the same way, whenever the page asks where to save. The picker's answer is a permission as well. */
export async function pickFile(page: Page, folder: string): Promise<void> {
  await page.addInitScript(folder => {
    Object.assign(globalThis, {
      showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) => {
        const root = await navigator.storage.getDirectory();
        const into = await root.getDirectoryHandle(folder, { create: true });
        const file = await into.getFileHandle(suggestedName, { create: true });
        await (file as typeof file & { requestPermission(of: object): Promise<string> }).requestPermission({
          mode: 'readwrite',
        });
        return file;
      },
    });
  }, folder);
}

/** SHA-256 in hex of each file in such a folder, by path. */
export async function hashesInFolder(page: Page, name: string): Promise<Map<string, string>> {
  const hashes = await page.evaluate(async name => {
    const found: [string, string][] = [];
    const visit = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const entry of folder.values()) {
        if (entry instanceof FileSystemDirectoryHandle) await visit(entry, `${path}${entry.name}/`);
        else if (entry instanceof FileSystemFileHandle) {
          // A file that is being written has another beside it, which goes away: before it is opened, or before it is read.
          const bytes = await entry
            .getFile()
            .then(async file => await file.arrayBuffer())
            .catch(() => undefined);
          if (bytes === undefined) continue;
          const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
          found.push([
            `${path}${entry.name}`,
            [...digest].map(byte => byte.toString(16).padStart(2, '0')).join(''),
          ]);
        }
      }
    };
    await visit(
      await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true }),
      '',
    );
    return found;
  }, name);
  return new Map(hashes);
}
