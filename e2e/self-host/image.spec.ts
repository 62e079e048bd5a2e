import { execFile } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { getuid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeNoise } from '../support/files.ts';
import { expectOnline, shareFiles } from '../support/room-page.ts';
import { startServer } from '../support/server.ts';
import { expect, test } from '../support/test.ts';
import { followDockerfile } from './dockerfile.ts';
import type { Image } from './dockerfile.ts';

const CONTEXT = fileURLToPath(new URL('../..', import.meta.url));
/** Nobody: as little as the image's own user may do. */
const UNPRIVILEGED = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

test('what the Dockerfile makes serves a room, is healthy, and holds what the server needs alone', async ({
  person,
  dir,
}) => {
  const image = await followDockerfile(CONTEXT, join(dir, 'stages'));
  const { root, workdir, env, user, command } = image;
  expect(user).not.toBe('root');
  expect(await readdir(join(root, workdir, 'apps'))).toEqual(['server', 'web']);
  expect(await readdir(join(root, workdir, 'apps/web'))).toEqual(['dist']);
  const serverFiles = await readdir(join(root, workdir, 'apps/server'));
  expect(serverFiles.toSorted()).toEqual(['dist', 'node_modules', 'package.json']);
  const packages = await readdir(join(root, workdir, 'apps/server/node_modules'));
  expect(packages).toContain('socket.io');
  for (const tool of ['vite', 'vitest', 'typescript', '@shoal']) expect(packages).not.toContain(tool);

  const [node, main = ''] = command;
  expect(node).toBe('node');
  // The folders of a test are its own user's alone.
  for (const folder of [dir, dirname(root), root]) await chmod(folder, 0o755);
  const port = await freePort();
  const server = await startServer({
    main: join(root, workdir, main),
    env: { ...env, PORT: String(port) },
    prefix: getuid?.() === 0 ? UNPRIVILEGED : [],
  });
  expect(await healthOf(image, port)).toBe('healthy');
  const file = join(dir, 'hello.txt');
  await writeNoise(file, 1000);
  const ann = await person('ann');
  await shareFiles(ann.page, `http://127.0.0.1:${port}`, file);
  await expectOnline(ann.page);
  expect(ann.errors).toEqual([]);
  await server.stop();
  expect(await healthOf(image, port)).toBe('ill');
});

/** As Docker asks: by the exit code. */
async function healthOf({ env, healthCheck }: Image, port: number): Promise<'healthy' | 'ill'> {
  const [command, ...args] = healthCheck;
  expect(command).toBe('node');
  return await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...env, PORT: String(port) },
  }).then(
    () => 'healthy' as const,
    () => 'ill' as const,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
