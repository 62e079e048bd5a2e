import { expect, test } from 'vitest';
import { StorageError, toStorageError } from './errors.ts';

test.each([
  ['QuotaExceededError', 'disk-full'],
  ['NotFoundError', 'not-found'],
  ['NoModificationAllowedError', 'busy'],
  ['AbortError', 'aborted'],
  ['SecurityError', 'unsupported'],
  ['InvalidStateError', 'io'],
])('%s becomes %s, in words', (name, code) => {
  const error = toStorageError(new DOMException('raw text of the browser', name));
  expect(error).toMatchObject({ code });
  expect(error.message).not.toContain('raw');
});

test('a StorageError stays itself, anything else is io', () => {
  const own = new StorageError('busy');
  expect(toStorageError(own)).toBe(own);
  expect(toStorageError('text').code).toBe('io');
});
