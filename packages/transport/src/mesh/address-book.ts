import type { PeerId } from '@shoal/protocol';

/** Addresses whose member is remembered; of more the oldest are forgotten, and asked again when dialled. */
const MAX_IDENTIFIED = 1024;

/** Dials of one address before we leave it alone, as long as there is anybody else to dial. */
const MAX_TRIES = 6;

interface AddressEntry {
  tries: number;
  blocked: boolean;
}

/** What dialling needs to know about an address at this moment. */
export interface DialView {
  /** An unfinished connection or a link uses this address. */
  readonly isBusy: (address: string) => boolean;
  readonly isNeighbour: (peer: PeerId) => boolean;
  /** In [0, 1). */
  readonly random: () => number;
}

/** The addresses of the last sample, and what became of those we dialled. Decides whom to dial; dials nobody. */
export class AddressBook {
  #entries = new Map<string, AddressEntry>();
  readonly #own = new Set<string>();
  /** Also of addresses that no sample has named yet: those who dialled us. */
  readonly #peers = new Map<string, PeerId>();

  /** A new join: addresses of before mean nothing now, except our own, which may haunt the server for a while. */
  restart(own: string): void {
    this.#own.add(own);
    this.#entries = new Map();
    this.#peers.clear();
  }

  /** A fresh sample. Those not in it are forgotten: gone, or to be met again in another sample. */
  learn(sample: readonly string[]): void {
    const next = new Map<string, AddressEntry>();
    for (const address of sample) {
      if (this.#own.has(address)) continue;
      next.set(address, this.#entries.get(address) ?? { tries: 0, blocked: false });
    }
    for (const [address, entry] of this.#entries) if (entry.blocked) next.set(address, entry);
    this.#entries = next;
  }

  /** Who is behind an address: known once an authentic signal came from it. */
  identify(address: string, peer: PeerId): void {
    this.#peers.set(address, peer);
    for (const oldest of this.#peers.keys()) {
      if (this.#peers.size <= MAX_IDENTIFIED) break;
      this.#peers.delete(oldest);
    }
  }

  /** Counts a dial that came to nothing and returns how many there were. */
  failed(address: string): number {
    const entry = this.#entries.get(address);
    if (entry === undefined) return 1;
    entry.tries += 1;
    return entry.tries;
  }

  succeeded(address: string): void {
    const entry = this.#entries.get(address);
    if (entry !== undefined) entry.tries = 0;
  }

  gone(address: string): void {
    if (this.#entries.get(address)?.blocked !== true) this.#entries.delete(address);
  }

  /** Nobody else is left: whoever was given up gets one more try. */
  relent(): void {
    for (const entry of this.#entries.values()) entry.tries = Math.min(entry.tries, MAX_TRIES - 1);
  }

  /** The network is another one: what could not be reached may be reached now. */
  forgive(): void {
    for (const entry of this.#entries.values()) entry.tries = 0;
  }

  /** Never dialled again in this session: its signals were forged, or it is ourselves. */
  block(address: string): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) this.#entries.set(address, { tries: 0, blocked: true });
    else entry.blocked = true;
  }

  /** At most `count` addresses worth dialling: the least tried first, at random among equals. */
  pick(count: number, { isBusy, isNeighbour, random }: DialView): string[] {
    const open: { address: string; tries: number; lot: number }[] = [];
    for (const [address, { tries, blocked }] of this.#entries) {
      if (blocked || tries >= MAX_TRIES || isBusy(address)) continue;
      const peer = this.#peers.get(address);
      if (peer !== undefined && isNeighbour(peer)) continue;
      open.push({ address, tries, lot: random() });
    }
    open.sort((a, b) => a.tries - b.tries || a.lot - b.lot);
    return open.slice(0, Math.max(0, count)).map(({ address }) => address);
  }
}
