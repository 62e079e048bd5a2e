export { SwarmError } from './errors.ts';
export type { SwarmErrorCode } from './errors.ts';
export type { DropCode, SwarmEffect, SwarmEvent, SwarmInbound } from './events.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { SwarmLimits } from './limits.ts';
export type { OfferStats, PeerStats } from './stats.ts';
export { Swarm } from './swarm.ts';
export type { SwarmOptions } from './swarm.ts';
export { HashBook } from './hash-book/hash-book.ts';
export type { HashBookOptions } from './hash-book/hash-book.ts';
export type {
  Condemnation,
  HashBookCode,
  HashBookFailure,
  HashesMessage,
  LearnResult,
  SealResult,
} from './hash-book/results.ts';
