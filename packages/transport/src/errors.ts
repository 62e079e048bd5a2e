/** Every way the transport can fail, as literals that a UI and a test may hold on to. */
export type TransportErrorCode =
  | 'signal-forged'
  | 'signal-malformed'
  | 'relay-forged'
  | 'connect-timeout'
  | 'connection-failed'
  | 'turn-refused'
  | 'relay-missing'
  | 'unsupported-version'
  | 'protocol-violation'
  | 'frame-too-large'
  | 'send-overrun'
  | 'link-lost'
  | 'too-many-neighbours'
  | 'self-connection'
  | 'duplicate'
  | 'room-full'
  | 'signaling-refused'
  | 'signaling-offline'
  | 'closed';

/** The one error class of this package. `message` is for logs; people read {@link failureText}. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const TEXTS: Readonly<Record<TransportErrorCode, string>> = {
  'signal-forged':
    'Someone between you and the other person changed the connection messages, so the connection was refused. The server of this page, or something on the way to it, cannot be trusted.',
  'signal-malformed':
    'The other side sent a connection message that makes no sense, so the connection was refused.',
  'relay-forged':
    'Someone in the room passed on connection messages that are not authentic. They were ignored, and other ways are tried.',
  'connect-timeout':
    'No connection to another person in the room could be made in time. A firewall or a strict network may be in the way.',
  'connection-failed':
    'The connection to another person in the room could not be made. A firewall or a strict network may be in the way.',
  'turn-refused':
    'No direct connection to another person in the room could be made, and the relay server that should help refused to. Whoever runs this page has to look at the relay’s settings; reloading the page may help if it was open for long.',
  'relay-missing':
    'You asked to connect through a relay only, but this server has none. Turn that setting off to connect directly, or ask whoever runs this page for a relay.',
  'unsupported-version':
    'The other side runs a version of Shoal that does not fit this one. Reload the page on both sides.',
  'protocol-violation':
    'The other side sent something that Shoal does not understand, so the connection was ended.',
  'frame-too-large': 'A message was too large for the connection.',
  'send-overrun': 'Too much was waiting to be sent to the other side, so the connection was ended.',
  'link-lost': 'The connection to the other side was lost.',
  'too-many-neighbours': 'The other side has as many connections as it can take.',
  'self-connection': 'This room seems to be open in another tab of this browser.',
  duplicate: 'There was a second connection to the same person; one of them was closed.',
  'room-full': 'The room is full. You will get in when somebody leaves.',
  'signaling-refused': 'The server refused to let you into the room.',
  'signaling-offline': 'The server cannot be reached at the moment.',
  closed: 'The connection was closed.',
};

/** What a failure means, in plain words, for the person in front of the screen. */
export function failureText(code: TransportErrorCode): string {
  return TEXTS[code];
}
