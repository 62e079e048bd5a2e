import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { hasKernelLines } from './kernel-line.ts';
import { SERVER, TURN } from './lab.ts';
import type { Lab, Member } from './lab.ts';
import { expect, test } from './test.ts';

const PROBE = fileURLToPath(new URL('probe.mjs', import.meta.url));

interface Measured {
  /** Median round trips in ms, without and with a full queue. */
  readonly idle: number;
  readonly loaded: number;
  readonly sent: number;
  readonly arrived: number;
  readonly mbit: number;
}

/** Floods the member's uplink with `mbit` Mbit/s of UDP. */
async function measure(lab: Lab, { place }: Member, mbit: number): Promise<Measured> {
  const [command = '', ...prefix] = lab.internet.prefix;
  const server = spawn(command, [...prefix, execPath, PROBE, 'answer'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  await once(server.stdout, 'data');
  try {
    return JSON.parse(await place.exec(execPath, [PROBE, 'ask', SERVER, String(mbit)])) as Measured;
  } finally {
    server.kill();
    await ended;
  }
}

test('an emulated line has the rate, the delay and the queue it was given, and a changed one at once', async ({
  lab,
}) => {
  const member = await lab.member({ line: { up: 20, down: 50, delay: 20, queue: 80 } });
  const full = await measure(lab, member, 40);
  expect(full.mbit).toBeGreaterThan(19);
  expect(full.mbit).toBeLessThan(21);
  expect(full.idle).toBeGreaterThanOrEqual(40);
  expect(full.idle).toBeLessThan(50);
  expect(full.loaded).toBeGreaterThan(100);
  expect(full.loaded).toBeLessThan(140);
  expect((await member.line.counts()).up.dropped).toBeGreaterThan(100);

  member.line.set({ up: 5, delay: 5 });
  const slower = await measure(lab, member, 4);
  expect(slower.mbit).toBeGreaterThan(3.6);
  expect(slower.idle).toBeLessThan(20);
  expect(slower.arrived).toBe(slower.sent);
});

test("the kernel's line has the rate and the queue it was given, and a changed one at once", async ({
  lab,
}) => {
  test.skip(!hasKernelLines(), 'tc or its token bucket (tbf) is missing');
  const member = await lab.member({ line: { up: 20, down: 50, queue: 80 }, by: 'kernel' });
  const full = await measure(lab, member, 40);
  expect(full.mbit).toBeGreaterThan(19);
  expect(full.mbit).toBeLessThan(21);
  expect(full.idle).toBeLessThan(10);
  expect(full.loaded).toBeGreaterThan(60);
  expect(full.loaded).toBeLessThan(100);
  const { up, down } = await member.line.counts();
  expect(up.dropped).toBeGreaterThan(100);
  // No frame carries more than one datagram, or the bucket would not see what passes.
  expect(up.frames).toBeGreaterThan(full.sent);
  expect(up.frames).toBeLessThan(full.sent + 100);
  expect(down.dropped).toBe(0);

  member.line.set({ up: 5 });
  const slower = await measure(lab, member, 4);
  expect(slower.mbit).toBeGreaterThan(3.6);
  expect(slower.arrived).toBe(slower.sent);
});

test('an emulated line loses what it was told to, and a pulled cable lets nothing through', async ({
  lab,
}) => {
  const member = await lab.member({ line: { loss: 10 } });
  const { sent, arrived } = await measure(lab, member, 20);
  expect(1 - arrived / sent).toBeGreaterThan(0.07);
  expect(1 - arrived / sent).toBeLessThan(0.13);

  const reaches = async (): Promise<string> =>
    await member.place.exec(execPath, [PROBE, 'reach', TURN, '3478']);
  expect(await reaches()).toBe('true\n');
  await lab.cut(member);
  expect(await reaches()).toBe('false\n');
  await lab.heal(member);
  expect(await reaches()).toBe('true\n');
});
