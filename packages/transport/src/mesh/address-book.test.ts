import { asPeerId } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { AddressBook } from './address-book.ts';

const peer = asPeerId('BBBBBBBBBBBBBBBBBBBBBA');
const view = { isBusy: () => false, isNeighbour: () => false, random: () => 0.5 };

function bookOf(...addresses: string[]): AddressBook {
  const book = new AddressBook();
  book.restart('me');
  book.learn(addresses);
  return book;
}

describe('AddressBook', () => {
  test('picks no more than wanted and never itself, also under an earlier address', () => {
    const book = bookOf('a', 'b', 'me', 'c');
    book.restart('me-again');
    book.learn(['a', 'me', 'b', 'me-again']);
    expect(book.pick(5, view).toSorted()).toEqual(['a', 'b']);
    expect(book.pick(1, view)).toHaveLength(1);
    expect(book.pick(-3, view)).toEqual([]);
  });

  test('leaves alone who is busy, a neighbour, gone or blocked', () => {
    const book = bookOf('busy', 'linked', 'gone', 'blocked', 'free');
    book.identify('linked', peer);
    book.gone('gone');
    book.block('blocked');
    const now = { ...view, isBusy: (a: string) => a === 'busy', isNeighbour: (p: string) => p === peer };
    expect(book.pick(9, now)).toEqual(['free']);
    book.learn(['blocked', 'free']);
    expect(book.pick(9, now)).toEqual(['free']);
  });

  test('prefers who was tried least, and gives up in the end', () => {
    const book = bookOf('a', 'b');
    expect(book.failed('a')).toBe(1);
    expect(book.pick(2, view)).toEqual(['b', 'a']);
    for (let tries = 0; tries < 20; tries += 1) book.failed('a');
    expect(book.pick(2, view)).toEqual(['b']);
    book.succeeded('a');
    expect(book.pick(2, view)).toContain('a');
  });

  test('[CB1] relents: one more try for whoever was given up, and for no one who is blocked', () => {
    const book = bookOf('a', 'b');
    book.block('b');
    for (let tries = 0; tries < 20; tries += 1) book.failed('a');
    expect(book.pick(2, view)).toEqual([]);
    book.relent();
    expect(book.pick(2, view)).toEqual(['a']);
    book.failed('a');
    expect(book.pick(2, view)).toEqual([]);
  });

  test('a fresh sample forgets who is not in it', () => {
    const book = bookOf('a', 'b');
    book.learn(['b', 'c']);
    expect(book.pick(9, view).toSorted()).toEqual(['b', 'c']);
  });
});
