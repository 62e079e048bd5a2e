import { expect, test } from 'vitest';
import { Settings, limitOf } from './settings.ts';

const NONE = { relayOnly: false, upLimit: undefined, downLimit: undefined };

function kept(text: string | null = null) {
  const store = { text };
  const port = {
    read: () => store.text,
    write: (next: string) => {
      store.text = next;
    },
  };
  return { store, port };
}

test('a change is told, kept, and there again on the next visit', () => {
  const { port } = kept();
  const settings = new Settings(port);
  let told = 0;
  const stop = settings.subscribe(() => {
    told += 1;
  });
  expect(settings.get()).toEqual(NONE);
  settings.change({ relayOnly: true });
  settings.change({ upLimit: 500_000 });
  stop();
  settings.change({ downLimit: 2_000_000 });
  settings.change({ downLimit: undefined });
  expect(told).toBe(2);
  expect(new Settings(port).get()).toEqual({ relayOnly: true, upLimit: 500_000, downLimit: undefined });
});

test('what another tab has changed is taken over', () => {
  const { store, port } = kept();
  const settings = new Settings(port);
  store.text = '{"relayOnly":true}';
  settings.reload();
  expect(settings.get().relayOnly).toBe(true);
});

test('what is damaged or of another version is as if never set', () => {
  for (const text of ['', '[', 'null', '7', '{"relayOnly":"yes","upLimit":-1,"downLimit":"fast"}'])
    expect(new Settings(kept(text).port).get()).toEqual(NONE);
});

test('a cap is typed in megabytes per second; nothing is no cap, and nonsense says nothing', () => {
  expect(['1', ' 0,5 ', '0.000001', '', '0', '-1', 'fast', '1e999'].map(limitOf)).toEqual([
    1e6,
    500_000,
    10_000,
    'none',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
