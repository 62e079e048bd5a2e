/** Literal codes of {@link SwarmError}. */
export type SwarmErrorCode = 'bad-limits' | 'bad-offer';

/** Misuse of the engine by its own shell. What a *peer* does wrong never throws: it comes out as a `drop` effect. */
export class SwarmError extends Error {
  readonly code: SwarmErrorCode;

  constructor(code: SwarmErrorCode, text: string) {
    super(text);
    this.name = 'SwarmError';
    this.code = code;
  }
}
