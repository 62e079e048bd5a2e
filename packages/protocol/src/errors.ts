/** What went wrong, for programs. Stable: the page and the tests tell failures apart by it. */
export type ProtocolErrorCode =
  | 'bad-encoding'
  | 'bad-id'
  | 'bad-link'
  | 'bad-geometry'
  | 'bad-piece'
  | 'bad-bitfield'
  | 'bad-hashes'
  | 'crypto-unsupported'
  | 'bad-request'
  | 'unsupported-version'
  | 'too-large'
  | 'malformed-event'
  | 'signal-malformed'
  | 'signal-forged'
  | 'malformed-entry'
  | 'entry-too-large'
  | 'frame-truncated'
  | 'frame-too-large'
  | 'unknown-frame'
  | 'unknown-message'
  | 'malformed-message'
  | 'malformed-block'
  | 'fragment-out-of-order';

/** The one error of this package. `message` is for logs, `code` for programs; neither holds content received from a peer. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
    this.code = code;
  }
}
