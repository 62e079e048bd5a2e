import { execFile } from 'node:child_process';

/**
 * Runs a program to its end, with `input` on its standard input.
 * @returns its standard output
 * @throws Error with what it said, when it fails
 */
export async function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = execFile(command, [...args], (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')}: ${stderr.trim() || error.message}`));
    });
    // A program that does not read its input may be gone before it is written.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** `ip` with its arguments as one line, as one would type it. */
export async function ip(line: string): Promise<string> {
  return await run('ip', line.split(' '));
}
