import { spawn } from 'node:child_process';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lab/namespace.ts';

/** As urgent as the emulator: beside browsers that take all the CPU there is, being woken late would be measured as the line's doing. */
const URGENT = ['chrt', '--fifo', '10'];

/** Starts a program of the lab (`lab/FILE`) in a namespace, with which it ends. @returns the lines that it says */
export function startInside(place: Namespace, file: string, args: readonly string[]): Interface {
  const program = fileURLToPath(new URL(`../../lab/${file}`, import.meta.url));
  const [command = '', ...prefix] = place.prefix;
  const child = spawn(command, [...prefix, ...URGENT, execPath, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return createInterface({ input: child.stdout });
}

/** Two numbers that such a program says in one line. */
export function pairOf(line: string): readonly [number, number] {
  const [a = NaN, b = NaN] = line.split(' ').map(Number);
  return [a, b];
}
