import type { NetworkProbes } from '@shoal/transport';
import { expect, test } from 'vitest';
import { FREE_NETWORK } from '../network.ts';
import { ConnectionCheck } from './connection-check.ts';
import type { BrowserFinding, StorageFinding } from './device-findings.ts';
import { browserVerdict, storageVerdict } from './device-verdicts.ts';

const BROWSER: BrowserFinding = { secureContext: true, webRtc: true, crypto: true };
const STORAGE: StorageFinding = { kind: 'opfs', remembers: true, quota: 10e9, used: 1e9, persisted: false };

function setUp(storage: () => Promise<StorageFinding> = () => Promise.resolve(STORAGE), browser = BROWSER) {
  const answers: (() => void)[] = [];
  const probes: NetworkProbes = {
    reachServer: () =>
      new Promise(resolve => answers.push(() => resolve({ way: 'websocket', iceServers: [] }))),
    gather: () => Promise.resolve({ candidates: [], errors: [], complete: true, ms: 1 }),
    sendRound: () => Promise.resolve(undefined),
  };
  const check = new ConnectionCheck({
    ...{ network: FREE_NETWORK, deviceName: 'Firefox on Linux', probes, now: () => new Date(0) },
    probeBrowser: () => Promise.resolve(browser),
    probeStorage: storage,
  });
  const settle = () => new Promise(resolve => setImmediate(resolve));
  return { check, answers, settle };
}

test('verdicts come one by one, the report when all are there', async () => {
  const { check, answers, settle } = setUp();
  let told = 0;
  check.subscribe(() => (told += 1));
  expect(check.getSnapshot().verdicts.every(({ state }) => state === 'running')).toBe(true);
  check.run();
  await settle();
  const states = () => check.getSnapshot().verdicts.map(({ check, state }) => `${check} ${state}`);
  expect(states()).toEqual(expect.arrayContaining(['browser ok', 'storage ok', 'server running']));
  expect(check.getSnapshot().report).toBeUndefined();
  answers[0]?.();
  await settle();
  expect(states()).toContain('server ok');
  expect(check.getSnapshot().report).toMatch(
    /^Shoal connection check, 1970-01-01 00:00 UTC\nFirefox on Linux\n/,
  );
  expect(told).toBeGreaterThan(2);
});

test('a run that is given up says nothing more', async () => {
  const stored: (() => void)[] = [];
  const storage = () => new Promise<StorageFinding>(resolve => stored.push(() => resolve(STORAGE)));
  const { check, answers, settle } = setUp(storage);
  const stateOf = (name: string) => check.getSnapshot().verdicts.find(({ check }) => check === name)?.state;
  check.run();
  await settle();
  check.run();
  await settle();
  for (const late of [answers[0], stored[0]]) late?.();
  await settle();
  expect([stateOf('server'), stateOf('storage')]).toEqual(['running', 'running']);
  for (const now of [answers[1], stored[1]]) now?.();
  await settle();
  expect(check.getSnapshot().report).toBeDefined();
  check.run();
  await settle();
  check.close();
  for (const late of [answers[2], stored[2]]) late?.();
  await settle();
  expect([stateOf('server'), stateOf('storage')]).toEqual(['running', 'running']);
});

test('a browser that can open no room reaches nobody, whatever the network allows', async () => {
  const { check, answers, settle } = setUp(undefined, { ...BROWSER, secureContext: false, crypto: false });
  check.run();
  await settle();
  answers[0]?.();
  await settle();
  const outlook = check.getSnapshot().outlook ?? [];
  expect(outlook.map(({ way }) => way)).toEqual(['no', 'no', 'no', 'no']);
  for (const { text } of outlook) expect(text).not.toContain('relay');
});

test('what the browser lacks is told with a code', () => {
  expect(browserVerdict(BROWSER)).toMatchObject({ state: 'ok' });
  expect(browserVerdict({ ...BROWSER, secureContext: false, crypto: false }).code).toBe('insecure-context');
  expect(browserVerdict({ ...BROWSER, webRtc: false }).code).toBe('webrtc-missing');
  expect(browserVerdict({ ...BROWSER, crypto: false }).code).toBe('crypto-missing');
});

test('storage: on disk, for the window, for the tab, little, or none', () => {
  expect(storageVerdict(STORAGE)).toMatchObject({ state: 'ok', text: expect.stringContaining('9.0 GB') });
  expect(storageVerdict({ ...STORAGE, used: 9.5e9 })).toMatchObject({ state: 'warn' });
  expect(storageVerdict({ ...STORAGE, quota: 0 })).toMatchObject({ state: 'ok' });
  expect(storageVerdict({ ...STORAGE, kind: 'indexeddb' })).toMatchObject({
    state: 'warn',
    text: expect.stringContaining('private window'),
  });
  expect(storageVerdict({ ...STORAGE, remembers: false })).toMatchObject({
    state: 'warn',
    value: 'not-remembered',
  });
  expect(storageVerdict({ ...STORAGE, kind: 'memory' })).toMatchObject({ state: 'warn' });
  expect(storageVerdict({ ...STORAGE, kind: undefined })).toMatchObject({ code: 'storage-failed' });
});
