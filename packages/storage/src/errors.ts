/** Stable codes of everything that can go wrong with stored bytes. */
export type StorageErrorCode =
  | 'disk-full'
  | 'io'
  | 'not-loaded'
  | 'not-found'
  | 'not-verified'
  | 'source-changed'
  | 'busy'
  | 'overloaded'
  | 'closed'
  | 'aborted'
  | 'unsupported'
  | 'outlet-full'
  | 'outlet-changed'
  | 'outlet-failed';

/** The one error of this package. `message` is plain words that may be shown to a person; `code` is stable. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, text: string = TEXTS[code], options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}

const TEXTS: Readonly<Record<StorageErrorCode, string>> = {
  'disk-full': 'There is no more room on this device for this site. Free some space and try again.',
  io: 'The browser could not read or write its storage.',
  'not-loaded':
    'A part of Shoal could not be loaded: this site was updated since you opened the page, or cannot be reached now. Reload the page.',
  'not-found': 'What was asked for is not stored here.',
  'not-verified': 'This part of the file has not arrived yet.',
  'source-changed': 'A shared file was changed, moved or deleted on disk. Share it again.',
  busy: 'Another tab of this browser is using the same storage.',
  overloaded: 'More unfinished parts arrived than fit into memory.',
  closed: 'The storage is closed.',
  aborted: 'Stopped.',
  unsupported: 'This browser offers no storage of this kind.',
  'outlet-full':
    'There is not enough room where the file is being saved: for a moment it needs up to twice its size there. Free some space and press Resume; nothing that has come is lost.',
  'outlet-changed':
    'The file that is being saved was changed or moved by another program. Press Resume: what is right in it is kept, the rest is fetched again.',
  'outlet-failed':
    'The file that is being saved cannot be written now. Press Resume to try again; nothing that has come is lost.',
};

/**
 * Turns whatever a browser API threw into a StorageError, so that no raw DOMException leaves the package.
 * `NotReadableError` is kept as 'io' here: only who reads a sharer's own file knows that it means 'source-changed'.
 */
export function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  return new StorageError(codeOf(name), undefined, { cause: error });
}

function codeOf(name: string): StorageErrorCode {
  switch (name) {
    case 'QuotaExceededError':
    case 'QuotaExceeded':
      return 'disk-full';
    case 'NotFoundError':
      return 'not-found';
    case 'NoModificationAllowedError':
      return 'busy';
    case 'AbortError':
      return 'aborted';
    case 'NotSupportedError':
    case 'SecurityError':
      return 'unsupported';
    default:
      return 'io';
  }
}
