import { expect, test } from 'vitest';
import { Failures } from './failures.ts';

test('the same failure is shown once, however often it comes back', () => {
  const failures = new Failures();
  failures.add({ code: 'connect-timeout', text: 'No answer.' });
  const shown = failures.list;
  failures.add({ code: 'connect-timeout', text: 'No answer.' });
  expect(failures.list).toBe(shown);
});

test('a newer text replaces the older one of the same code', () => {
  const failures = new Failures();
  failures.add({ code: 'bad-piece', text: 'Ann.' });
  failures.add({ code: 'bad-piece', text: 'Bob.' });
  expect(failures.list.map(f => f.text)).toEqual(['Bob.']);
});

test('old failures make room, so that a page is never flooded', () => {
  const failures = new Failures();
  for (let i = 0; i < 50; i++) failures.add({ code: `code-${i}`, text: '' });
  expect(failures.list.map(f => f.code)).toEqual([
    'code-44',
    'code-45',
    'code-46',
    'code-47',
    'code-48',
    'code-49',
  ]);
});

test('dismissing and clearing take away just what was meant', () => {
  const failures = new Failures();
  failures.add({ code: 'a', text: '' });
  failures.add({ code: 'b', text: '' });
  failures.add({ code: 'b', text: '', file: 'x' });
  failures.dismiss('a ');
  expect(failures.list).toHaveLength(2);
  failures.clear('b');
  expect(failures.list).toEqual([]);
});
