import { expect, test } from 'vitest';
import { failureOf, PageError } from './failure.ts';

test('an error keeps its code and its words', () => {
  const error = Object.assign(new Error('The disk is full.'), { code: 'disk-full' });
  expect(failureOf(error)).toEqual({ code: 'disk-full', text: 'The disk is full.' });
  expect(failureOf(Object.assign(error, { text: 'No room left.' }))?.text).toBe('No room left.');
});

test('a bad link is told in the words of the page', () => {
  const error = Object.assign(new Error('secret has 3 bytes'), { code: 'bad-link' });
  expect(failureOf(error)).toMatchObject({
    code: 'bad-link',
    text: expect.stringContaining('not a whole room link'),
  });
});

test('a page over plain http is told of https, not of WebCrypto', () => {
  const error = Object.assign(new Error('WebCrypto needs a secure context.'), { code: 'crypto-unsupported' });
  expect(failureOf(error)?.text).toContain('came over https');
});

test('whatever has no code of ours is internal', () => {
  expect(failureOf(new TypeError('x is not a function'))).toMatchObject({ code: 'internal-error' });
  expect(failureOf(new DOMException('m', 'DataCloneError'))).toMatchObject({ code: 'internal-error' });
  expect(failureOf('text')).toMatchObject({
    code: 'internal-error',
    text: expect.stringContaining('Reloading'),
  });
});

test('giving up is no failure', () => {
  expect(failureOf(new DOMException('m', 'AbortError'))).toBeUndefined();
});

test('the page has words for an empty drop', () => {
  expect(failureOf(new PageError('nothing-to-share'))?.text).toContain('no file');
});
