export interface PulseOptions {
  /** Beats in a row without a word that mean death. */
  readonly silentTicksToDeath: number;
  /** Runs `task` after `ms` milliseconds, unless the link ends before. */
  readonly after: (ms: number, task: () => void) => void;
  /** Whether the link is open. */
  readonly isOpen: () => boolean;
  /** Asks the other side for a sign of life. */
  readonly ping: (id: number) => void;
  readonly lost: () => void;
}

/** Whether the other side of a link lives: any message of theirs says so, and silence is asked about. */
export class Pulse {
  readonly #options: PulseOptions;
  #heard = 0;
  #heardAtTick = 0;
  #silentTicks = 0;
  #pings = 0;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** A message came. */
  heard(): void {
    this.#heard += 1;
  }

  /** To be called in even beats; a beat without a word brings a ping, `silentTicksToDeath` of them the end. */
  tick(): void {
    const { silentTicksToDeath, lost } = this.#options;
    const silent = this.#heard === this.#heardAtTick;
    this.#heardAtTick = this.#heard;
    this.#silentTicks = silent ? this.#silentTicks + 1 : 0;
    if (this.#silentTicks >= silentTicksToDeath) lost();
    else if (silent) this.#ping();
  }

  /** Asks for a sign of life; any message within `ms` is one. */
  probe(ms: number, done: (alive: boolean) => void): void {
    const { isOpen, after } = this.#options;
    if (!isOpen()) {
      done(false);
      return;
    }
    const before = this.#heard;
    this.#ping();
    after(ms, () => done(isOpen() && this.#heard > before));
  }

  #ping(): void {
    this.#pings += 1;
    this.#options.ping(this.#pings);
  }
}
