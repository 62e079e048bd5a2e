import { once } from 'node:events';
import type { Interface } from 'node:readline';
import type { Member } from '../../lab/lab.ts';
import { pairOf, startInside } from './in-namespace.ts';
import { percentile } from './rows.ts';

/** Of an idle line: enough that one of them met nothing on its way. */
const IDLE_PINGS = 10;

/** Pings between two computers of the lab that go on, ten a second, until the lab is closed. */
export class Ping {
  readonly #answers: Interface;
  readonly #seen: { readonly asked: number; readonly rtt: number }[] = [];

  private constructor(answers: Interface) {
    this.#answers = answers;
    answers.on('line', line => {
      const [asked, rtt] = pairOf(line);
      this.#seen.push({ asked, rtt });
    });
  }

  /** @param to a member whose router is `open` */
  static async open(from: Member, to: Member): Promise<Ping> {
    await once(startInside(to.place, 'probe.mjs', ['answer']), 'line');
    return new Ping(startInside(from.place, 'probe.mjs', ['ping', to.address]));
  }

  /** The shortest round trip of the next ones, in ms. */
  async idle(): Promise<number> {
    const from = Date.now();
    while (this.#since(from).length < IDLE_PINGS) await once(this.#answers, 'line');
    return Math.min(...this.#since(from));
  }

  /** Runs `work`. @returns its result, and the 95th percentile of the round trips begun meanwhile, in ms */
  async beside<T>(work: () => Promise<T>): Promise<{ result: T; p95: number }> {
    const from = Date.now();
    const result = await work();
    const until = Date.now();
    // No line of the lab lets one overtake another: with an answer to a later one, all earlier ones are there or lost.
    while (this.#since(until).length === 0) await once(this.#answers, 'line');
    return { result, p95: percentile(this.#since(from, until), 95) };
  }

  #since(from: number, until = Infinity): number[] {
    return this.#seen.filter(({ asked }) => asked >= from && asked < until).map(({ rtt }) => rtt);
  }
}
