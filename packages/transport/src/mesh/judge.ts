import type { PeerId } from '@shoal/protocol';

/** What to do with an authentic offer of a new connection. */
export type OfferVerdict =
  /** Answer it. */
  | 'accept'
  /** Glare, ours wins: say nothing, the other side gives up its own when ours arrives. */
  | 'ignore'
  /** Glare, theirs wins: end ours, answer theirs. */
  | 'yield'
  /** The same member, or another under its address, starts anew before the last connection was up: end that one, answer this. */
  | 'replace'
  /** There is a link to this member: answer only if that one turns out dead. */
  | 'probe'
  | 'full'
  | 'self';

export interface OfferFacts {
  readonly self: PeerId;
  readonly peer: PeerId;
  readonly ownAddress: string;
  readonly from: string;
  /** We have an unfinished connection of our own to `from`. */
  readonly dialling: boolean;
  /** There is an unfinished connection that this member, or another under its address, started. */
  readonly answering: boolean;
  /** There is an open link to this member. */
  readonly linked: boolean;
  /** Links and unfinished connections. */
  readonly taken: number;
  readonly maxNeighbours: number;
}

export function judgeOffer(facts: OfferFacts): OfferVerdict {
  if (facts.peer === facts.self) return 'self';
  if (facts.linked) return 'probe';
  if (facts.dialling) return winsGlare(facts.ownAddress, facts.from) ? 'ignore' : 'yield';
  if (facts.answering) return 'replace';
  return facts.taken < facts.maxNeighbours ? 'accept' : 'full';
}

/** The connection started by the smaller address wins. Addresses are unique, so both sides agree. */
export function winsGlare(own: string, other: string): boolean {
  return own < other;
}

/**
 * Two living links to one member: both sides know both connection ids and keep the smaller.
 * @returns true when the newer one is to be kept
 */
export function keepsNewer(older: string, newer: string, olderAlive: boolean): boolean {
  return !olderAlive || newer < older;
}
