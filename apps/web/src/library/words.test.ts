import type { KeptRoom } from '@shoal/room';
import { expect, test } from 'vitest';
import { roomTitle, roomWords } from './words.ts';

const DAY_MS = 86_400_000;

function kept(change: Partial<KeptRoom>): KeptRoom {
  return {
    room: 'R'.repeat(22) as KeptRoom['room'],
    link: 'https://shoal.example/#x',
    state: 'complete',
    paths: ['a.txt'],
    files: 1,
    keptBytes: 1000,
    wantedBytes: 1000,
    gotBytes: 1000,
    lastSeen: 0,
    ...change,
  };
}

test('a room is called by its folder, or by its first file', () => {
  expect(roomTitle(kept({ paths: ['trip/a', 'b'], files: 9 }))).toBe('trip');
  expect(roomTitle(kept({ paths: ['a.txt', 'b'], files: 3 }))).toBe('a.txt and 2 more');
  expect(roomTitle(kept({}))).toBe('a.txt');
  expect(roomTitle(kept({ paths: [], files: 0 }))).toBe('A room without files');
});

test('says how far it is and what it takes', () => {
  expect(roomWords(kept({ state: 'unfinished', gotBytes: 500 }), DAY_MS * 3)).toEqual([
    '500\u00a0B of 1.0\u00a0kB here',
    'opened 3 days ago',
  ]);
  expect(roomWords(kept({ files: 2 }), 0)).toEqual([
    '2 files',
    'Complete, 1.0\u00a0kB on this device',
    'opened within a day',
  ]);
});
