/** What can go wrong at the façade; stable, shown as `data-code`. */
export type RoomErrorCode =
  | 'bad-link'
  | 'choose-again'
  | 'closed'
  | 'nothing-to-share'
  | 'not-complete'
  | 'nothing-kept'
  | 'unknown-offer'
  | 'not-yours'
  | 'no-room-to-stage'
  | 'room-overfull'
  | 'permission-denied'
  | 'write-denied'
  | 'source-changed'
  | 'unsupported-browser'
  | 'webrtc-missing';

const TEXTS: Record<RoomErrorCode, string> = {
  'bad-link': 'This room link is not complete. Ask for it again, and open it whole.',
  'choose-again':
    'The files are not where they were. Drop them here, or choose them again, to go on sharing them.',
  closed: 'This room is closed.',
  'nothing-to-share': 'There were no files in what you chose.',
  'nothing-kept':
    'This browser did not open its database, or has no room in it, so it will not remember this room: keep the link. Parts of files that have come are found again after a reload; what you shared has to be chosen again.',
  'not-complete': 'This file is not here in full yet.',
  'unknown-offer': 'This file is no longer offered.',
  'not-yours': 'Only the person who shared these files can take them back.',
  'permission-denied':
    'The browser was not allowed to read the files again. Press “Share again” and allow it, or choose the files again.',
  'no-room-to-stage':
    'There is too little room on this device even for the parts that are on their way. Free some space and try again.',
  'room-overfull':
    'This room holds as many files as a room can. Share less at once, or take something back first.',
  'write-denied':
    'The browser was not allowed to write into the file again. Press Resume and allow it; nothing that has come is lost.',
  'source-changed':
    'A file you share has changed on disk since you shared it. Share it again to offer the new version.',
  'unsupported-browser':
    'This browser lacks what Shoal needs (Ed25519 keys in WebCrypto). A current Chrome, Edge, Firefox or Safari has it.',
  'webrtc-missing':
    'This browser has no WebRTC, or it is switched off, so it can connect to nobody. Look for an extension or a setting that blocks WebRTC, then try again. What is kept of the room stays.',
};

export class RoomError extends Error {
  readonly code: RoomErrorCode;
  /** Plain words for a person. */
  readonly text: string;

  constructor(code: RoomErrorCode, options?: ErrorOptions) {
    super(`${code}: ${TEXTS[code]}`, options);
    this.name = 'RoomError';
    this.code = code;
    this.text = TEXTS[code];
  }
}

/** The literal code of whatever was thrown: our packages give every error one. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'internal-error';
}

/** Plain words for a person. */
export function textOf(error: unknown): string {
  if (error instanceof Error && 'text' in error && typeof error.text === 'string') return error.text;
  return error instanceof Error ? error.message : 'Something unexpected happened.';
}
