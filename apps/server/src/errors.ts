export type ServerErrorCode = 'bad-config' | 'port-in-use' | 'cannot-listen';

/** A failure to start that is the operator's to mend; `message` is written for them. */
export class ServerError extends Error {
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServerError';
    this.code = code;
  }
}
