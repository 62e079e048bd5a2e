import { BLOCK_HEADER_BYTES, writeBlockHeader } from '@shoal/protocol';
import type { Bytes, OfferId, PeerId } from '@shoal/protocol';
import type { PieceStore } from '@shoal/storage';
import type { Swarm, SwarmEffect, SwarmEvent } from '@shoal/swarm';
import type { Links } from './links.ts';

export interface SwarmDriverOptions {
  readonly swarm: Swarm;
  readonly links: Links;
  readonly store: Pick<PieceStore, 'read' | 'recycle' | 'write' | 'discard'>;
  provideHashes(peer: PeerId, offer: OfferId, first: number, count: number): void;
  /** A neighbour misbehaved and is being dropped. */
  dropped(peer: PeerId, code: string, text: string): void;
  /** A neighbour fetches a block from us. */
  serving(): void;
  /** One more neighbour would help. */
  seek(): void;
  /** Reading a block of ours failed. */
  readFailed(offer: OfferId, error: unknown, piece: number): void;
}

type ReadEffect = Extract<SwarmEffect, { type: 'read' }>;

/** Carries the swarm's decisions out: blocks go between links and the store without being copied or looked at. */
export class SwarmDriver {
  readonly #options: SwarmDriverOptions;
  readonly #queue: SwarmEvent[] = [];
  #draining = false;
  #wait: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SwarmDriverOptions) {
    this.#options = options;
  }

  receive(event: SwarmEvent): void {
    // Effects may cause further events (a dropped link, say); they wait their turn, so that the engine is never re-entered.
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const effect of this.#options.swarm.receive(next)) this.#run(effect);
      }
    } finally {
      this.#draining = false;
    }
  }

  close(): void {
    clearTimeout(this.#wait);
  }

  /** A block came in; when the engine wants it, its buffer moves on to the store. */
  receiveBlock(peer: PeerId, request: number, length: number, frame: Bytes): void {
    const { swarm, store } = this.#options;
    for (const effect of swarm.receive({ type: 'block', peer, request, length })) {
      if (effect.type === 'write') {
        store.write(effect.offer, effect.piece, effect.begin, frame.subarray(BLOCK_HEADER_BYTES));
      } else {
        this.#run(effect);
      }
    }
  }

  #run(effect: SwarmEffect): void {
    const { links, dropped, provideHashes } = this.#options;
    switch (effect.type) {
      case 'send':
        links.send(effect.peer, effect.message);
        break;
      case 'read':
        this.#options.serving();
        void this.#serve(effect);
        break;
      case 'drop':
        dropped(effect.peer, effect.code, effect.text);
        links.drop(effect.peer, effect.code, effect.text);
        break;
      case 'seek':
        this.#options.seek();
        break;
      case 'provide-hashes':
        provideHashes(effect.peer, effect.offer, effect.first, effect.count);
        break;
      case 'wait':
        clearTimeout(this.#wait);
        this.#wait = setTimeout(() => this.receive({ type: 'waited' }), effect.ms);
        break;
      case 'discard':
        this.#options.store.discard(effect.offer, effect.piece);
        break;
      case 'write':
      case 'ignore':
        break;
    }
  }

  async #serve({ peer, request, offer, piece, begin, length }: ReadEffect): Promise<void> {
    const { store, links, readFailed } = this.#options;
    const neighbour = links.get(peer);
    if (neighbour === undefined) return;
    // The member may be back over another link meanwhile: this block is none of what was asked there.
    const gone = (): boolean => links.get(peer) !== neighbour;
    try {
      const frame = await store.read(offer, piece, begin, length, BLOCK_HEADER_BYTES);
      if (gone()) {
        store.recycle(frame);
        return;
      }
      writeBlockHeader(frame, request);
      if (neighbour.send(frame)) store.recycle(frame);
      this.receive({ type: 'block-sent', peer, request, room: neighbour.room });
    } catch (error) {
      if (!gone()) this.receive({ type: 'read-failed', peer, request });
      readFailed(offer, error, piece);
    }
  }
}
