import { ProtocolError, geometryOf, offerIdOf, safePaths } from '@shoal/protocol';
import type { Bytes, LogEntry, OfferGeometry, OfferId, PeerId } from '@shoal/protocol';
import type { Receipts } from './ledger.ts';
import { MAX_GIVERS_PER_AUTHOR } from './limits.ts';
import { OfferLoad } from './offer-load.ts';

export interface Member {
  readonly name: string;
  readonly device: string;
}

/** An offer as the room sees it. A new object whenever something in it changes. */
export interface CatalogueOffer {
  readonly id: OfferId;
  readonly author: PeerId;
  /** Raw Ed25519 key, 32 bytes: signed hashes of this offer are checked with it. */
  readonly authorPublicKey: Bytes;
  /** Paths in it are harmless and unique, whatever the author wrote. */
  readonly geometry: OfferGeometry;
  /** Seq of the offer entry in its author's log. */
  readonly createdSeq: number;
  readonly withdrawn: boolean;
  /** Merkle root over all files, 32 bytes, once the author sealed the offer. */
  readonly root?: Bytes;
}

export interface CatalogueText {
  readonly author: PeerId;
  readonly seq: number;
  readonly text: string;
}

export type CatalogueChange =
  | { readonly type: 'member'; readonly peer: PeerId }
  | { readonly type: 'offer'; readonly offer: OfferId }
  | { readonly type: 'sealed'; readonly offer: OfferId }
  | { readonly type: 'withdrawn'; readonly offer: OfferId }
  | { readonly type: 'text'; readonly author: PeerId; readonly seq: number }
  | { readonly type: 'receipt'; readonly author: PeerId }
  /**
   * Everything of the author from `fromSeq` on is void. `gone` offers are no longer in the catalogue; `changed` ones
   * lost their seal or their withdrawal.
   */
  | {
      readonly type: 'revoked';
      readonly author: PeerId;
      readonly fromSeq: number;
      readonly gone: readonly OfferId[];
      readonly changed: readonly OfferId[];
    };

/**
 * What the logs mean: members, offers, texts, receipts. A pure fold over accepted entries, each author's in order of `seq`.
 */
export class Catalogue {
  readonly #self: PeerId | undefined;
  /** Of all offers that are not withdrawn. */
  readonly #load = new OfferLoad();
  readonly #members = new Map<PeerId, Member>();
  readonly #offers = new Map<OfferId, CatalogueOffer>();
  #texts: CatalogueText[] = [];
  readonly #receipts = new Map<PeerId, Map<PeerId, number>>();
  /** Kept per author so that a revocation can fold the rest anew. */
  readonly #applied = new Map<PeerId, LogEntry[]>();

  /** The offers of `self` are never left out, however many there are. */
  constructor(self?: PeerId) {
    this.#self = self;
  }

  get members(): ReadonlyMap<PeerId, Member> {
    return this.#members;
  }

  /** Withdrawn ones included. */
  get offers(): ReadonlyMap<OfferId, CatalogueOffer> {
    return this.#offers;
  }

  get texts(): readonly CatalogueText[] {
    return this.#texts;
  }

  /** By author of receipts and giver: bytes that the author says to have got. Claims: `standings` weighs them. */
  get receipts(): Receipts {
    return this.#receipts;
  }

  apply(entry: LogEntry): readonly CatalogueChange[] {
    const applied = this.#applied.get(entry.author);
    if (applied === undefined) this.#applied.set(entry.author, [entry]);
    else applied.push(entry);
    return this.#fold(entry);
  }

  /** Undoes the author's entries from `fromSeq` on, as `forked` demands. */
  revoke(author: PeerId, fromSeq: number): readonly CatalogueChange[] {
    const before = [...this.#offers.values()].filter(offer => offer.author === author);
    const kept = (this.#applied.get(author) ?? []).filter(entry => entry.seq < fromSeq);
    this.#applied.set(author, kept);
    this.#members.delete(author);
    this.#receipts.delete(author);
    for (const offer of before) {
      this.#offers.delete(offer.id);
      if (!offer.withdrawn) this.#load.remove(offer.geometry);
    }
    const known = new Set(before.map(({ id }) => id));
    this.#texts = this.#texts.filter(text => text.author !== author || text.seq < fromSeq);
    for (const entry of kept) {
      // What was left out stays out: nobody was told of it.
      const leftOut = entry.body.kind === 'offer' && !known.has(offerIdOf(entry));
      if (entry.body.kind !== 'text' && !leftOut) this.#fold(entry);
    }
    const gone = before.filter(offer => !this.#offers.has(offer.id)).map(offer => offer.id);
    const changed = before.filter(offer => {
      const now = this.#offers.get(offer.id);
      return (
        now !== undefined &&
        (now.withdrawn !== offer.withdrawn || (now.root === undefined) !== (offer.root === undefined))
      );
    });
    return [{ type: 'revoked', author, fromSeq, gone, changed: changed.map(offer => offer.id) }];
  }

  #fold(entry: LogEntry): readonly CatalogueChange[] {
    const { author, body, seq } = entry;
    switch (body.kind) {
      case 'profile':
        this.#members.set(author, { name: body.name, device: body.device });
        return [{ type: 'member', peer: author }];
      case 'offer':
        return this.#offer(entry);
      case 'seal':
        return this.#change(body.offer, author, 'sealed', offer =>
          offer.root === undefined ? { ...offer, root: body.root } : offer,
        );
      case 'withdraw':
        return this.#change(body.offer, author, 'withdrawn', offer => {
          if (offer.withdrawn) return offer;
          this.#load.remove(offer.geometry);
          return { ...offer, withdrawn: true };
        });
      case 'text':
        this.#texts.push({ author, seq, text: body.text });
        return [{ type: 'text', author, seq }];
      case 'receipt':
        return this.#receipt(author, body.givers);
      default:
        return [];
    }
  }

  #offer(entry: LogEntry): readonly CatalogueChange[] {
    if (entry.body.kind !== 'offer') return [];
    const id = offerIdOf(entry);
    const { files, pieceLength } = entry.body;
    try {
      const paths = safePaths(files.map(file => file.path));
      const geometry = geometryOf(
        pieceLength,
        files.map((file, index) => {
          const path = paths[index] ?? String(index);
          return path === file.path ? file : { ...file, path };
        }),
      );
      if (entry.author !== this.#self && !this.#load.fits(geometry)) return [];
      this.#load.add(geometry);
      this.#offers.set(id, {
        id,
        author: entry.author,
        authorPublicKey: entry.publicKey,
        geometry,
        createdSeq: entry.seq,
        withdrawn: false,
      });
      return [{ type: 'offer', offer: id }];
    } catch (error) {
      // A signed but senseless offer (say, an impossible piece length) is its author's loss, not the room's.
      if (error instanceof ProtocolError) return [];
      throw error;
    }
  }

  #receipt(author: PeerId, givers: readonly (readonly [PeerId, number])[]): readonly CatalogueChange[] {
    const known = this.#receipts.get(author) ?? new Map<PeerId, number>();
    this.#receipts.set(author, known);
    for (const [giver, bytes] of givers) {
      if (giver === author || (!known.has(giver) && known.size >= MAX_GIVERS_PER_AUTHOR)) continue;
      known.set(giver, Math.max(bytes, known.get(giver) ?? 0));
    }
    return [{ type: 'receipt', author }];
  }

  #change(
    id: OfferId,
    author: PeerId,
    type: 'sealed' | 'withdrawn',
    change: (offer: CatalogueOffer) => CatalogueOffer,
  ): readonly CatalogueChange[] {
    const offer = this.#offers.get(id);
    if (offer?.author !== author) return [];
    const changed = change(offer);
    if (changed === offer) return [];
    this.#offers.set(id, changed);
    return [{ type, offer: id }];
  }
}
