import type { FailureView } from '@shoal/room';

const OWN_WORDS: Readonly<Record<string, string>> = {
  'bad-link':
    'This is not a whole room link: its end may be missing, or something was added to it. Ask for it once more, or start a room of your own.',
  'nothing-to-share': 'There was no file in that. Drop files or folders, or choose them with the buttons.',
  'gone-elsewhere':
    'Your files were still being read when you went elsewhere, so they were not shared with anybody. Drop or choose them once more where you mean it.',
  'crypto-unsupported':
    'The browser offers no encryption here. It does where the page came over https (or from this computer) and the browser is a current one.',
  'internal-error': 'Something in Shoal itself went wrong. Reloading the page continues where you were.',
};

/**
 * Makes an alert of whatever was thrown.
 * @returns undefined when nothing failed: a person or the program gave the thing up.
 */
export function failureOf(error: unknown): Pick<FailureView, 'code' | 'text'> | undefined {
  if (error instanceof Error && error.name === 'AbortError') return undefined;
  const code = codeOf(error);
  return { code, text: OWN_WORDS[code] ?? textOf(error) ?? '' };
}

/** An alert that the page itself raises. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly code: 'gone-elsewhere' | 'nothing-to-share' | 'unreadable-files';

  constructor(code: PageError['code'], text: string = OWN_WORDS[code] ?? code) {
    super(text);
    this.code = code;
  }
}

/** User text is apart from the message, which is for developers. */
function textOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'text' in error && typeof error.text === 'string' ? error.text : error.message;
}

/** The packages below give every error a literal `code`; a DOMException's is a number and no use. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'internal-error';
}
