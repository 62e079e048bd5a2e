/** Senders of bad boxes that are answered and told of; a server that invents more gets no more of our time. */
const MAX_SENDERS = 64;

/** Each sender of a bad box is answered once and told of once: else the server could make us talk without end. */
export class ForgedSenders {
  readonly #known = new Set<string>();

  /** True the first time. */
  add(address: string): boolean {
    if (this.#known.has(address) || this.#known.size >= MAX_SENDERS) return false;
    this.#known.add(address);
    return true;
  }

  clear(): void {
    this.#known.clear();
  }
}
