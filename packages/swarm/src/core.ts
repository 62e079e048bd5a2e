import type { OfferId, PeerId } from '@shoal/protocol';
import type { DropCode, SwarmEffect } from './events.ts';
import type { SwarmLimits } from './limits.ts';
import type { Neighbour } from './neighbour.ts';
import type { Throttle } from './throttle.ts';
import type { Torrent } from './torrent.ts';

/** What the parts of the engine share: the state, the injected world, and the way out for effects. */
export interface SwarmCore {
  /** Our own, see `shares.ts`. */
  readonly selfHash: number;
  readonly limits: SwarmLimits;
  readonly torrents: ReadonlyMap<OfferId, Torrent>;
  readonly neighbours: ReadonlyMap<PeerId, Neighbour>;
  /** Caps that a person has set on what goes out and comes in. */
  readonly caps: { readonly up: Throttle; readonly down: Throttle };
  /** ms */
  now(): number;
  /** [0, 1) */
  random(): number;
  emit(effect: SwarmEffect): void;
  /** Ends the link and forgets the neighbour; whatever was asked of it is free again. */
  drop(neighbour: Neighbour, code: DropCode, text: string): void;
  /** Lets the requester look at a neighbour when the event is done. */
  wake(neighbour: Neighbour): void;
  /** Lets it look at all that wait for pieces. */
  wakeHungry(): void;
  /** A cap holds something back for so many ms: everything is looked at again then. */
  wait(ms: number): void;
}
