import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';

const MODULE = new URL('run-live.mjs', import.meta.url).href;
/** Says when it runs, and when it has put away what it had out. */
const CHILD = `
  process.on('SIGINT', () => { console.log('put away'); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('running');
`;
const PARENT = `
  const { runLive } = await import(${JSON.stringify(MODULE)});
  await runLive(['-e', ${JSON.stringify(CHILD)}]);
  console.log('next step');
`;

/** Starts it, and gives what it says and how it ends, once its output is closed: nothing of it runs any longer then. */
async function interrupt(child: ChildProcess, signal: NodeJS.Signals): Promise<[string, string | null]> {
  let text = '';
  const ended = once(child, 'close');
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text === 'running\n') child.kill(signal);
  });
  await ended;
  return [text, child.signalCode];
}

describe('a program run in the same terminal', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends what it started, then itself, and begins nothing else',
    async signal => {
      const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      expect(await interrupt(parent, signal)).toEqual(['running\nput away\n', signal]);
    },
  );

  test.skipIf(process.platform === 'win32')(
    'the end of the shell that npm started it with ends it',
    async () => {
      const env = { ...process.env, npm_lifecycle_event: 'test', PARENT };
      const shell = spawn('sh', ['-c', '"$0" --input-type=module -e "$PARENT"; true', process.execPath], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      expect(await interrupt(shell, 'SIGTERM')).toEqual(['running\nput away\n', 'SIGTERM']);
    },
  );
});
