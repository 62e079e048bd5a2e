import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FakeScheduler } from '../testing/fake-scheduler.ts';
import { IceRenewal } from './ice-renewal.ts';

const fresh = {
  ok: true,
  iceServers: [{ urls: ['turn:t'], username: 'u', credential: 'c' }],
  iceSeconds: 100,
};

function rig(...answers: readonly unknown[]) {
  const scheduler = new FakeScheduler();
  const left = [...answers];
  const seen = { asked: 0, renewed: 0 };
  const renewal = new IceRenewal({
    scheduler,
    ask: async () => {
      seen.asked += 1;
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onRenewed: () => {
      seen.renewed += 1;
    },
  });
  const pass = async (seconds: number) => {
    scheduler.advance(seconds * 1000);
    await setImmediate();
    return `${seen.asked} asked, ${seen.renewed} renewed`;
  };
  return { renewal, pass };
}

test('[IC1] credentials are renewed when half of their life is over, again and again', async () => {
  const { renewal, pass } = rig(fresh, fresh);
  renewal.start(100);
  expect(await pass(49)).toBe('0 asked, 0 renewed');
  expect(await pass(2)).toBe('1 asked, 1 renewed');
  expect(await pass(51)).toBe('2 asked, 2 renewed');
});

test('[IC1] no answer, or nonsense: asked again before they end', async () => {
  const { renewal, pass } = rig(
    new Error('timeout'),
    { ok: 'maybe' },
    { ok: false, code: 'rate-limited' },
    fresh,
  );
  renewal.start(100);
  expect(await pass(51)).toBe('1 asked, 0 renewed');
  expect(await pass(10)).toBe('2 asked, 0 renewed');
  expect(await pass(10)).toBe('3 asked, 0 renewed');
  expect(await pass(10)).toBe('4 asked, 1 renewed');
});

test('[IC1] without relays, and when stopped, nobody is asked', async () => {
  const { renewal, pass } = rig(fresh);
  renewal.start(undefined);
  expect(await pass(1_000_000)).toBe('0 asked, 0 renewed');
  renewal.start(100);
  renewal.stop();
  expect(await pass(1_000_000)).toBe('0 asked, 0 renewed');
});
