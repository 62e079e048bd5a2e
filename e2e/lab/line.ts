import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from './commands.ts';
import type { Namespace } from './namespace.ts';

const SOURCE = fileURLToPath(new URL('wan-line.c', import.meta.url));
/** Bytes that even the shortest queue holds: ten full frames. */
const LEAST_QUEUE = 15_000;

/** An emulated line, as a member sees it. */
export interface LineShape {
  /** Mbit/s towards the internet; 0 or absent: no limit. */
  readonly up?: number;
  /** Mbit/s from the internet; 0 or absent: no limit. */
  readonly down?: number;
  /** Milliseconds, each way. */
  readonly delay?: number;
  /** Percent of frames lost at random, each way. */
  readonly loss?: number;
  /** Milliseconds that a full queue takes to drain, each way; default 100. What does not fit is dropped. */
  readonly queue?: number;
}

/** Frames that met the line so far, one way. */
export interface LineCount {
  readonly frames: number;
  readonly lost: number;
  /** Dropped because the queue was full. */
  readonly dropped: number;
}

/** Compiles the emulator. @returns its path in `dir` */
export async function compileLine(dir: string): Promise<string> {
  const program = `${dir}/wan-line`;
  await run('gcc', ['-O2', '-o', program, SOURCE]);
  return program;
}

/** A running emulator between device `wan` of the member's router and a port of the internet. */
export class Line {
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
  ): Promise<Line> {
    const args = [router.name, device, internet.name, port];
    const line = new Line(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await line.#answer();
    await router.ip(`link set ${device} up`);
    await internet.ip(`link set ${port} up`);
    return line;
  }

  /** Changes what is named, at once; frames under way keep the times they were given. */
  set(change: LineShape): void {
    this.#shape = { ...this.#shape, ...change };
    const { up = 0, down = 0, delay = 0, loss = 0, queue = 100 } = this.#shape;
    for (const [direction, mbit] of [up, down].entries()) {
      const bits = mbit * 1e6;
      const queueBytes = Math.max(LEAST_QUEUE, (bits / 8) * (queue / 1000));
      this.#process.stdin.write(`set ${direction} ${bits} ${delay * 1000} ${loss * 10_000} ${queueBytes}\n`);
    }
  }

  async counts(): Promise<{ up: LineCount; down: LineCount }> {
    this.#process.stdin.write('stats\n');
    const [, ...numbers] = (await this.#answer()).split(' ').map(Number);
    const count = (at: number): LineCount => ({
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
