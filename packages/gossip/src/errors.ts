/** What a caller of this package did wrong; what a neighbour did wrong is an effect, never an exception. */
export type GossipErrorCode = 'not-own-entry' | 'stale-entry' | 'author-frozen' | 'log-full';

/** The one error class of this package. */
export class GossipError extends Error {
  readonly code: GossipErrorCode;

  constructor(code: GossipErrorCode, text: string) {
    super(text);
    this.name = 'GossipError';
    this.code = code;
  }
}
