import type { GoodbyeCode } from '@shoal/protocol';
import { failureText } from '../errors.ts';

/** Our reasons in the words of the wire. Whatever a caller made up was about the other side's behaviour. */
const WORDS: ReadonlyMap<string, GoodbyeCode> = new Map<string, GoodbyeCode>([
  ['closed', 'leaving'],
  ['leaving', 'leaving'],
  ['unsupported-version', 'version-mismatch'],
  ['protocol-violation', 'protocol-error'],
  ['duplicate', 'duplicate'],
  ['too-many-neighbours', 'full'],
  ['full', 'full'],
  ['idle', 'idle'],
  ['link-lost', 'internal-error'],
  ['connect-timeout', 'internal-error'],
  ['frame-too-large', 'internal-error'],
  ['send-overrun', 'internal-error'],
  ['internal-error', 'internal-error'],
]);

export function goodbyeCode(code: string): GoodbyeCode {
  return WORDS.get(code) ?? 'misbehaved';
}

/** What the other side's goodbye means here: a code of ours where there is one, and never its text alone. */
export function goodbyeEnd(code: GoodbyeCode, text: string): { code: string; text: string } {
  if (code === 'version-mismatch')
    return { code: 'unsupported-version', text: failureText('unsupported-version') };
  if (code === 'duplicate') return { code, text: failureText('duplicate') };
  if (code === 'full') return { code: 'too-many-neighbours', text: failureText('too-many-neighbours') };
  if (code === 'leaving') return { code, text: 'The other side left.' };
  return { code, text: `The other side ended the connection: ${text === '' ? code : text}` };
}
