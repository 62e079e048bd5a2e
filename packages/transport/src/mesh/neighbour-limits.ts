import type { BucketLimits } from './token-bucket.ts';

/** Feature named in a hello by those who take the messages of the neighbourhood. */
export const PEERS_FEATURE = 'peers';

/** `peers` messages taken from a neighbour. An honest one sends at most one a second; a stalled path may deliver a minute's worth at once. */
export const PEERS_IN: BucketLimits = { burst: 64, perSecond: 2 };

/**
 * Boxes sent to one neighbour, own ones and those handed on. A connection takes some twenty boxes (a description and its candidates), so six may be
 * started at once. Half of what the other side takes, so that an honest member never meets its limit.
 */
export const BOXES_OUT: BucketLimits = { burst: 128, perSecond: 8 };
/** Bytes of those boxes: a connection has some 10 KiB. */
export const BOX_BYTES_OUT: BucketLimits = { burst: 256 * 1024, perSecond: 16 * 1024 };
/** Boxes taken from a neighbour. What is above is neither opened nor handed on: nobody is made an amplifier. */
export const BOXES_IN: BucketLimits = { burst: 256, perSecond: 16 };
/** Bytes of boxes taken from a neighbour. */
export const BOX_BYTES_IN: BucketLimits = { burst: 512 * 1024, perSecond: 32 * 1024 };
/** Boxes above the limit after which the neighbour is no longer put up with. */
export const EXCESS_BOXES: BucketLimits = { burst: 256, perSecond: 1 };

/** Offers of new connections from one address. An honest member makes one, and another when it comes to nothing, later each time. */
export const OFFERS_IN: BucketLimits = { burst: 4, perSecond: 0.5 };
/** Addresses whose offers are counted; beyond it the oldest starts anew. */
export const MAX_OFFERERS = 1024;

/** Addresses of members whose way is remembered; beyond it the oldest is chosen anew. */
export const MAX_WAYS = 1024;
