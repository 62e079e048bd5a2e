import { memberAddress } from '@shoal/protocol';
import type { MemberAddress, PeerId } from '@shoal/protocol';
import type { Scheduler } from '../scheduler.ts';
import { Alarm } from './alarm.ts';
import { backoffDelay } from './backoff.ts';
import type { Claims } from './claims.ts';
import { candidatesOf, pickCandidates, pickPrune } from './neighbour-policy.ts';
import type { MeshTiming } from './options.ts';

export interface GardenerOptions {
  readonly self: PeerId;
  readonly claims: Claims;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  readonly timing: MeshTiming;
  /** Links below which nobody falls by a cut. */
  readonly target: number;
  /** Links above which idle ones are cut. */
  readonly comfortable: number;
  readonly neighbours: () => readonly PeerId[];
  readonly isIdle: (peer: PeerId) => boolean;
  /** How many more links we would start over neighbours now: none while the server may still bring those we want. */
  readonly wanted: () => number;
  /** A neighbour, or someone we are connecting to or leave alone. */
  readonly shuns: (peer: PeerId) => boolean;
  readonly dial: (address: string) => void;
  readonly cut: (peer: PeerId) => void;
  /** The way to this address has failed. */
  readonly onFailed: (address: string) => void;
}

interface Trouble {
  tries: number;
  notBefore: number;
}

/** Grows and prunes the neighbourhood from what the neighbours tell: works without the server. */
export class Gardener {
  readonly #options: GardenerOptions;
  readonly #troubles = new Map<PeerId, Trouble>();
  readonly #alarm: Alarm;

  constructor(options: GardenerOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.scheduler, () => this.#look());
  }

  /** Something has changed: looks at the neighbourhood soon. What changes until then is looked at once. */
  consider(): void {
    const { timing, random } = this.#options;
    this.#alarm.wakeIn(timing.collect * (0.5 + random()));
  }

  /** Counts and returns the tries of a member that came to nothing; each makes the next wait longer. */
  failed(address: string, { peer }: MemberAddress): number {
    const { scheduler, timing, random, onFailed } = this.#options;
    const tries = (this.#troubles.get(peer)?.tries ?? 0) + 1;
    const wait = backoffDelay(tries - 1, { base: timing.retryBase, cap: timing.retryCap }, random());
    this.#troubles.set(peer, { tries, notBefore: scheduler.now + wait });
    onFailed(address);
    this.consider();
    return tries;
  }

  succeeded({ peer }: MemberAddress): void {
    this.#troubles.delete(peer);
  }

  close(): void {
    this.#alarm.close();
  }

  #look(): void {
    this.#grow();
    const { neighbours, comfortable, self, claims, isIdle, target, cut } = this.#options;
    const linked = neighbours();
    if (linked.length <= comfortable) return;
    const peer = pickPrune({ self, neighbours: linked, claims: other => claims.of(other), isIdle, target });
    // One at a time: the next look takes place once the others have said what follows from this one.
    if (peer !== undefined) cut(peer);
  }

  #grow(): void {
    const { self, claims, neighbours, wanted, shuns, random, dial } = this.#options;
    const candidates = candidatesOf(self, neighbours(), other => claims.of(other));
    const named = new Set(candidates.map(({ peer }) => peer));
    for (const peer of this.#troubles.keys()) if (!named.has(peer)) this.#troubles.delete(peer);
    const open = candidates.filter(({ peer }) => !shuns(peer));
    const ready = open.filter(({ peer }) => this.#waitOf(peer) <= 0);
    const count = wanted();
    for (const candidate of pickCandidates(ready, count, random)) dial(memberAddress(candidate));
    const waits = open.map(({ peer }) => this.#waitOf(peer)).filter(wait => wait > 0);
    if (count > ready.length && waits.length > 0) this.#alarm.wakeIn(Math.min(...waits));
  }

  /** Milliseconds until a member may be tried again. */
  #waitOf(peer: PeerId): number {
    return (this.#troubles.get(peer)?.notBefore ?? 0) - this.#options.scheduler.now;
  }
}
