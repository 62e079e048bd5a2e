import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from './commands.ts';
import { queueBytes } from './line.ts';
import type { Line, LineCounts, LineShape } from './line.ts';
import type { Namespace } from './namespace.ts';

const SOURCE = fileURLToPath(new URL('wan-line.c', import.meta.url));
/** Compiles the emulator. @returns its path in `dir` */
export async function compileLine(dir: string): Promise<string> {
  const program = `${dir}/wan-line`;
  await run('gcc', ['-O2', '-o', program, SOURCE]);
  return program;
}

/** A running emulator between device `wan` of the member's router and a port of the internet. */
export class EmulatedLine implements Line {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  #shape: LineShape = {};

  private constructor(process: ChildProcessByStdio<Writable, Readable, null>) {
    this.#process = process;
    this.#answers = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  static async open(
    program: string,
    router: Namespace,
    device: string,
    internet: Namespace,
    port: string,
  ): Promise<EmulatedLine> {
    const args = [router.name, device, internet.name, port];
    const line = new EmulatedLine(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await line.#answer();
    await router.ip(`link set ${device} up`);
    await internet.ip(`link set ${port} up`);
    return line;
  }

  /** Frames under way keep the times they were given. */
  set(change: LineShape): void {
    this.#shape = { ...this.#shape, ...change };
    const { up = 0, down = 0, delay = 0, loss = 0, queue = 100 } = this.#shape;
    for (const [direction, mbit] of [up, down].entries()) {
      const bits = mbit * 1e6;
      const held = queueBytes(mbit, queue);
      this.#process.stdin.write(`set ${direction} ${bits} ${delay * 1000} ${loss * 10_000} ${held}\n`);
    }
  }

  async counts(): Promise<LineCounts> {
    this.#process.stdin.write('stats\n');
    const [, ...numbers] = (await this.#answer()).split(' ').map(Number);
    const count = (at: number): LineCounts['up'] => ({
      frames: numbers[at] ?? 0,
      lost: numbers[at + 1] ?? 0,
      dropped: numbers[at + 2] ?? 0,
    });
    return { up: count(0), down: count(3) };
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }

  async #answer(): Promise<string> {
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error('the line emulator ended');
    return answer.value;
  }
}
