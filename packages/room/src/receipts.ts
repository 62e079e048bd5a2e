import { MAX_RECEIPT_GIVERS } from '@shoal/protocol';
import type { EntryBody, PeerId } from '@shoal/protocol';
import { standings } from '@shoal/gossip';
import type { Receipts } from '@shoal/gossip';

const MIB = 1024 * 1024;
/** Milliseconds between two receipts of ours in a room of up to 100. */
const RECEIPT_INTERVAL_MS = 30_000;
/** Members from which on the interval grows with the room, so that a room writes at most about 3 receipts a second. */
const INTERVAL_MEMBERS = 100;
/** A receipt is due when what we got grew by this part of it… */
const DUE_PART = 1 / 4;
/** …or by so many bytes, */
const DUE_BYTES = 64 * MIB;
/** but never by less than this part: that bounds our receipts to about 45 per doubling of what we got. */
const LEAST_PART = 1 / 64;
/** The first receipt waits for so many bytes, or the end of a download. */
const FIRST_BYTES = MIB;
/** Milliseconds between two weighings of all receipts, which cost milliseconds in a room of 1,000. */
const WEIGH_INTERVAL_MS = 5000;

export interface NeighbourCounts {
  readonly peer: PeerId;
  /** Bytes since the link began: got from it, and given to it. */
  readonly downBytes: number;
  readonly upBytes: number;
}

export interface ReceiptKeeperOptions {
  readonly self: PeerId;
  /** Milliseconds, from any fixed moment. */
  readonly clock: () => number;
  readonly neighbours: () => Iterable<NeighbourCounts>;
  /** All receipts of the room, our own among them (`Catalogue.receipts`). */
  readonly receipts: () => Receipts;
  /** How many members the room log names. */
  readonly members: () => number;
  readonly author: (body: Extract<EntryBody, { kind: 'receipt' }>) => Promise<unknown>;
  /** How well a neighbour's giving is now vouched for, 0 to 1. */
  readonly standing: (peer: PeerId, standing: number) => void;
}

/**
 * Writes down what we got from whom, and tells the swarm how well each neighbour's giving is vouched for. Counts what neighbours
 * gave and got over all their links; what was got before a reload comes back out of our own log. Rules: [GR1] to [GR7].
 */
export class ReceiptKeeper {
  readonly #options: ReceiptKeeperOptions;
  readonly #got = new Map<PeerId, number>();
  readonly #gave = new Map<PeerId, number>();
  /** The counts of each neighbour's link when we last looked. */
  readonly #seen = new Map<PeerId, NeighbourCounts>();
  readonly #told = new Map<PeerId, number>();
  /** A download ended since the last receipt. */
  #ended = false;
  #authoring = false;
  #writtenAt = -Infinity;
  #weighedAt = -Infinity;

  constructor(options: ReceiptKeeperOptions) {
    this.#options = options;
  }

  /** To be called about twice a second. */
  tick(): void {
    for (const counts of this.#options.neighbours()) this.#count(counts);
    this.#write();
    this.#weigh();
  }

  /** A link has ended; `last` are its counts, if they are still known. */
  left(peer: PeerId, last?: NeighbourCounts): void {
    if (last !== undefined) this.#count(last);
    this.#seen.delete(peer);
    this.#told.delete(peer);
  }

  /** A download has completed, or was cancelled: what is not written down yet is worth a receipt. */
  downloadEnded(): void {
    this.#ended = true;
  }

  #count(counts: NeighbourCounts): void {
    const before = this.#seen.get(counts.peer);
    // Counts that fall are those of a new link.
    const fresh =
      before === undefined || counts.downBytes < before.downBytes || counts.upBytes < before.upBytes;
    const down = counts.downBytes - (fresh ? 0 : before.downBytes);
    const up = counts.upBytes - (fresh ? 0 : before.upBytes);
    this.#seen.set(counts.peer, counts);
    if (down > 0) this.#got.set(counts.peer, this.#gotFrom(counts.peer) + down);
    if (up > 0) this.#gave.set(counts.peer, (this.#gave.get(counts.peer) ?? 0) + up);
  }

  get #written(): ReadonlyMap<PeerId, number> {
    const { receipts, self } = this.#options;
    return receipts().get(self) ?? new Map<PeerId, number>();
  }

  /** A receipt's counts never fall, so that an earlier life's are carried on. */
  #gotFrom(peer: PeerId): number {
    return Math.max(this.#got.get(peer) ?? 0, this.#written.get(peer) ?? 0);
  }

  #write(): void {
    const { clock, members, author } = this.#options;
    const interval = RECEIPT_INTERVAL_MS * Math.max(1, members() / INTERVAL_MEMBERS);
    if (this.#authoring || clock() - this.#writtenAt < interval) return;
    const written = this.#written;
    const grown: [PeerId, number][] = [];
    for (const [peer, bytes] of this.#got) if (bytes > (written.get(peer) ?? 0)) grown.push([peer, bytes]);
    const growth = grown.reduce((sum, [peer, bytes]) => sum + bytes - (written.get(peer) ?? 0), 0);
    if (!this.#due(growth, sumOf(written.values()))) return;
    const givers = grown.toSorted((a, b) => b[1] - a[1]).slice(0, MAX_RECEIPT_GIVERS);
    this.#authoring = true;
    this.#ended = false;
    this.#writtenAt = clock();
    // A log that is full or frozen takes no receipt; the next try is an interval away, and nothing else depends on it.
    author({ kind: 'receipt', givers })
      .catch(() => undefined)
      .finally(() => (this.#authoring = false));
  }

  #due(growth: number, sum: number): boolean {
    if (growth <= 0 || growth < sum * LEAST_PART) return false;
    if (this.#ended) return true;
    return growth >= Math.max(FIRST_BYTES, Math.min(sum * DUE_PART, DUE_BYTES));
  }

  #weigh(): void {
    const { clock, self, receipts, standing } = this.#options;
    if (clock() - this.#weighedAt < WEIGH_INTERVAL_MS) return;
    this.#weighedAt = clock();
    const got = new Map(this.#written);
    for (const [peer, bytes] of this.#got) got.set(peer, Math.max(bytes, got.get(peer) ?? 0));
    const asked = new Map([...this.#seen].map(([peer, { upBytes }]) => [peer, upBytes]));
    for (const [peer, part] of standings({ self, gave: this.#gave, got, receipts: receipts(), asked })) {
      // Down, so that nobody is lifted over the bar; what rounding of sums took from a half is given back.
      const rounded = Math.floor(part * 100 + 1e-6) / 100;
      if (rounded === (this.#told.get(peer) ?? 0)) continue;
      this.#told.set(peer, rounded);
      standing(peer, rounded);
    }
  }
}

function sumOf(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
