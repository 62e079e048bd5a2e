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

/** What an entry has changed, and what was there before. */
type Trace = { readonly seq: number } & (
  | { readonly kind: 'text' }
  | { readonly kind: 'offer' | 'seal' | 'withdraw'; readonly offer: OfferId }
  | { readonly kind: 'profile'; readonly before: Member | undefined }
  | { readonly kind: 'receipt'; readonly before: readonly (readonly [PeerId, number | undefined])[] }
);

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
  /** Per author, in order of seq, so that a revocation undoes what is void and nothing else. */
  readonly #traces = new Map<PeerId, Trace[]>();

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
    const { author, body, seq } = entry;
    switch (body.kind) {
      case 'profile':
        this.#trace(author, { seq, kind: 'profile', before: this.#members.get(author) });
        this.#members.set(author, { name: body.name, device: body.device });
        return [{ type: 'member', peer: author }];
      case 'offer':
        return this.#offer(entry);
      case 'seal':
        return this.#change(entry, body.offer, 'seal', offer =>
          offer.root === undefined ? { ...offer, root: body.root } : offer,
        );
      case 'withdraw':
        return this.#change(entry, body.offer, 'withdraw', offer => {
          if (offer.withdrawn) return offer;
          this.#load.remove(offer.geometry);
          return { ...offer, withdrawn: true };
        });
      case 'text':
        this.#trace(author, { seq, kind: 'text' });
        this.#texts.push({ author, seq, text: body.text });
        return [{ type: 'text', author, seq }];
      case 'receipt':
        return this.#receipt(author, seq, body.givers);
      case 'unknown':
        return [];
    }
  }

  /** Undoes the author's entries from `fromSeq` on, as `forked` demands. */
  revoke(author: PeerId, fromSeq: number): readonly CatalogueChange[] {
    const traces = this.#traces.get(author) ?? [];
    const kept = traces.findLastIndex(({ seq }) => seq < fromSeq) + 1;
    const gone: OfferId[] = [];
    const changed = new Set<OfferId>();
    const reopened: OfferId[] = [];
    let texts = false;
    // An author may fork its log thousands of times: what is not void is not touched.
    for (const trace of traces.splice(kept).toReversed()) {
      if (trace.kind === 'text') texts = true;
      else if (trace.kind === 'profile') setOrDelete(this.#members, author, trace.before);
      else if (trace.kind === 'receipt') this.#unsay(author, trace.before);
      else {
        const offer = this.#offers.get(trace.offer);
        if (offer === undefined) continue;
        if (trace.kind === 'offer') {
          this.#remove(offer);
          gone.unshift(offer.id);
          changed.delete(offer.id);
        } else {
          changed.add(offer.id);
          if (trace.kind === 'withdraw') reopened.unshift(offer.id);
          else this.#offers.set(offer.id, withoutRoot(offer));
        }
      }
    }
    if (texts) this.#texts = this.#texts.filter(text => text.author !== author || text.seq < fromSeq);
    // Only now, for what is gone has made room.
    for (const id of reopened) {
      const offer = this.#offers.get(id);
      if (offer === undefined) continue;
      if (author === this.#self || this.#load.fits(offer.geometry)) {
        this.#load.add(offer.geometry);
        this.#offers.set(id, { ...offer, withdrawn: false });
      } else {
        this.#remove(offer);
        gone.push(id);
        changed.delete(id);
      }
    }
    return [{ type: 'revoked', author, fromSeq, gone, changed: [...changed] }];
  }

  #remove(offer: CatalogueOffer): void {
    this.#offers.delete(offer.id);
    if (!offer.withdrawn) this.#load.remove(offer.geometry);
  }

  #unsay(author: PeerId, before: readonly (readonly [PeerId, number | undefined])[]): void {
    const said = this.#receipts.get(author);
    for (const [giver, bytes] of before.toReversed()) if (said !== undefined) setOrDelete(said, giver, bytes);
    if (said?.size === 0) this.#receipts.delete(author);
  }

  #trace(author: PeerId, trace: Trace): void {
    const traces = this.#traces.get(author);
    if (traces === undefined) this.#traces.set(author, [trace]);
    else traces.push(trace);
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
      this.#trace(entry.author, { seq: entry.seq, kind: 'offer', offer: id });
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

  #receipt(
    author: PeerId,
    seq: number,
    givers: readonly (readonly [PeerId, number])[],
  ): readonly CatalogueChange[] {
    const known = this.#receipts.get(author) ?? new Map<PeerId, number>();
    this.#receipts.set(author, known);
    const before: [PeerId, number | undefined][] = [];
    for (const [giver, bytes] of givers) {
      if (giver === author || (!known.has(giver) && known.size >= MAX_GIVERS_PER_AUTHOR)) continue;
      before.push([giver, known.get(giver)]);
      known.set(giver, Math.max(bytes, known.get(giver) ?? 0));
    }
    this.#trace(author, { seq, kind: 'receipt', before });
    return [{ type: 'receipt', author }];
  }

  #change(
    { author, seq }: LogEntry,
    id: OfferId,
    kind: 'seal' | 'withdraw',
    change: (offer: CatalogueOffer) => CatalogueOffer,
  ): readonly CatalogueChange[] {
    const offer = this.#offers.get(id);
    if (offer?.author !== author) return [];
    const changed = change(offer);
    if (changed === offer) return [];
    this.#trace(author, { seq, kind, offer: id });
    this.#offers.set(id, changed);
    return [{ type: kind === 'seal' ? 'sealed' : 'withdrawn', offer: id }];
  }
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function withoutRoot(offer: CatalogueOffer): CatalogueOffer {
  const { root: _, ...rest } = offer;
  return rest;
}
