import { iceReply } from '@shoal/protocol';
import type { IceServer } from '@shoal/protocol';
import type { Scheduler } from '../scheduler.ts';

/** Part of the credentials' life after which new ones are asked for: leaves as much again for a server that is away. */
const RENEW_AT = 0.5;
/** Part of their life between two tries, when the server gave no answer. */
const RETRY_AT = 0.1;
/** Milliseconds between two tries, at least. */
const LEAST_RETRY_MS = 2_000;
/** Timers longer than this overflow in browsers (2^31 ms); credentials that live longer are renewed more often than needed. */
const MOST_MS = 24 * 3_600_000;

export interface IceRenewalOptions {
  readonly scheduler: Scheduler;
  /** Asks the server; what comes back is not trusted. */
  readonly ask: () => Promise<unknown>;
  readonly onRenewed: (iceServers: readonly IceServer[]) => void;
}

/** Keeps relay credentials fresh: they are short-lived, and a transfer may be long. */
export class IceRenewal {
  readonly #options: IceRenewalOptions;
  #cancel: () => void = () => undefined;
  #run = 0;

  constructor(options: IceRenewalOptions) {
    this.#options = options;
  }

  /** @param seconds life of the credentials just received; undefined: they are for ever, or there are none */
  start(seconds: number | undefined): void {
    this.stop();
    if (seconds !== undefined) this.#wait(seconds * 1000, RENEW_AT);
  }

  stop(): void {
    this.#run += 1;
    this.#cancel();
  }

  #wait(lifeMs: number, part: number): void {
    const delay = Math.min(MOST_MS, Math.max(LEAST_RETRY_MS, lifeMs * part));
    this.#cancel = this.#options.scheduler.after(delay, () => void this.#renew(lifeMs));
  }

  async #renew(lifeMs: number): Promise<void> {
    const run = this.#run;
    const reply = await this.#options
      .ask()
      .then(iceReply, () => undefined)
      .catch(() => undefined);
    if (run !== this.#run) return;
    if (reply?.ok !== true) {
      this.#wait(lifeMs, RETRY_AT);
      return;
    }
    this.#options.onRenewed(reply.iceServers);
    this.start(reply.iceSeconds);
  }
}
