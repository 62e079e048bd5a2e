import { spawnSync } from 'node:child_process';
import { pid } from 'node:process';
import { run } from './commands.ts';
import { queueBytes } from './line.ts';
import type { Line, LineCount, LineCounts, LineShape } from './line.ts';
import { cable } from './namespace.ts';
import type { Namespace } from './namespace.ts';

/**
 * Bytes that may pass at once: two full frames and a half. More would hide the rate from what is sent in small trains, as congestion control does; less than a frame never passes.
 */
const BURST = 4000;

/** What `tc -s -j` says of one queue, as far as it matters here. */
interface QueueStatistics {
  readonly kind: string;
  readonly packets?: number;
  readonly drops?: number;
}

/** The end of a cable through which one direction leaves. */
interface End {
  readonly place: Namespace;
  readonly device: string;
}

/**
 * A line of which only rate and queue are limited, by the kernel's token bucket at both ends of a cable. It costs next to no CPU, where
 * several emulators beside several browsers on a small machine measure themselves.
 */
export class KernelLine implements Line {
  readonly #up: End;
  readonly #down: End;
  #shape: LineShape = {};

  private constructor(up: End, down: End) {
    this.#up = up;
    this.#down = down;
  }

  static async open(
    router: Namespace,
    device: string,
    internet: Namespace,
    port: string,
  ): Promise<KernelLine> {
    await cable(router, device, internet, port);
    return new KernelLine({ place: router, device }, { place: internet, device: port });
  }

  /** Counts start anew where a limit comes or goes. @throws Error where a delay or a loss is asked for, or tc fails */
  set(change: LineShape): void {
    this.#shape = { ...this.#shape, ...change };
    const { up = 0, down = 0, delay = 0, loss = 0, queue = 100 } = this.#shape;
    if (delay > 0 || loss > 0) throw new Error('a line of the kernel has neither delay nor loss');
    limit(this.#up, up, queue);
    limit(this.#down, down, queue);
  }

  async counts(): Promise<LineCounts> {
    return { up: await count(this.#up), down: await count(this.#down) };
  }

  /** Goes with the namespaces that it joins. */
  async close(): Promise<void> {}
}

/** Whether this machine has the tool and the kernel has the token bucket. */
export function hasKernelLines(): boolean {
  const name = `shoal-${pid}-bucket`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return false;
  const made = tc(name, `qdisc add dev lo root ${bucket(1, 100)}`) === undefined;
  spawnSync('ip', ['netns', 'del', name]);
  return made;
}

function bucket(mbit: number, queue: number): string {
  return `tbf rate ${Math.round(mbit * 1e6)}bit burst ${BURST} limit ${queueBytes(mbit, queue) + BURST}`;
}

function limit({ place, device }: End, mbit: number, queue: number): void {
  // Nothing to remove is no failure.
  if (mbit === 0) tc(place.name, `qdisc del dev ${device} root`);
  else {
    const failure = tc(place.name, `qdisc replace dev ${device} root ${bucket(mbit, queue)}`);
    if (failure !== undefined) throw new Error(failure);
  }
}

/** @returns what it complained of */
function tc(namespace: string, line: string): string | undefined {
  const { status, stderr, error } = spawnSync('tc', ['-n', namespace, ...line.split(' ')], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `tc ${line}: ${error?.message ?? stderr.trim()}`;
}

async function count({ place, device }: End): Promise<LineCount> {
  const text = await run('tc', ['-n', place.name, '-s', '-j', 'qdisc', 'show', 'dev', device]);
  const queues = JSON.parse(text) as readonly QueueStatistics[];
  const { packets = 0, drops = 0 } = queues.find(({ kind }) => kind === 'tbf') ?? {};
  return { frames: packets + drops, lost: 0, dropped: drops };
}
