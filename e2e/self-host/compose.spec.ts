import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserIn } from '../lab/browser-in.ts';
import { Namespace, cable, removeLeftovers } from '../lab/namespace.ts';
import { labObstacle } from '../lab/obstacle.ts';
import { runTurnserver } from '../lab/turn.ts';
import { sha256OfFile, writeNoise } from '../support/files.ts';
import { downloadAll, hideAddress, saveRow, shareFiles, waitComplete } from '../support/room-page.ts';
import { startServer } from '../support/server.ts';
import { expect, test as base } from '../support/test.ts';
import { readService } from './compose.ts';

const FILE = fileURLToPath(new URL('../../compose.yaml', import.meta.url));
const HOST = '203.0.113.30';
const GUEST = '203.0.113.31';
/** What compose.yaml has people put into `.env`. */
const VARIABLES = { TURN_HOST: HOST, TURN_SECRET: 'c0ffee' };
/** One of each range of IPv4 that compose.yaml denies: networks behind the machine, the machine itself, where a cloud keeps its secrets. */
const FORBIDDEN = '0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.20.0.1 192.168.1.1'.split(' ');
/** The same of IPv6, which also writes each address of IPv4 in two ways (RFC 4291, RFC 6052). */
const FORBIDDEN_6 = ':: ::1 fd12::1 fe80::1 ::ffff:10.1.2.3 ::ffff:169.254.169.254 64:ff9b::a01:203'.split(
  ' ',
);

interface Places {
  /** The self-hoster's machine, with what compose.yaml starts there: Debian's coturn instead of its image's. */
  readonly host: Namespace;
  /** Everybody else's. */
  readonly guest: Namespace;
}

const test = base.extend<{ readonly places: Places }>({
  places: async ({ dir }, use, info) => {
    const obstacle = labObstacle();
    info.skip(obstacle !== undefined, obstacle);
    await removeLeftovers();
    const [host, guest] = [await Namespace.create('host', ''), await Namespace.create('guest', '')];
    await cable(host, 'eth0', guest, 'eth0');
    await host.ip(`addr add ${HOST}/24 dev eth0`);
    await guest.ip(`addr add ${GUEST}/24 dev eth0`);
    await host.exec('sysctl', ['-qw', 'net.ipv6.conf.eth0.disable_ipv6=0']);
    await host.ip('addr add 2001:db8::30/64 dev eth0 nodad');
    const { command } = await readService(FILE, 'turn', VARIABLES);
    const stopRelay = await runTurnserver(host, dir, [3478], command);
    await use({ host, guest });
    await stopRelay();
    for (const place of [host, guest]) await place.remove();
  },
});

test('with what compose.yaml says, a file goes through the relay that it starts', async ({
  places: { host, guest },
  person,
  dir,
}) => {
  const { environment } = await readService(FILE, 'shoal', VARIABLES);
  const server = await startServer({
    port: 3000,
    env: { ...environment, HOST },
    prefix: host.prefix,
  });
  const file = join(dir, 'relayed.bin');
  const sum = await writeNoise(file, 1_000_000);
  const browser = await browserIn(guest, dir, server.url);
  const [ann, bob] = await Promise.all([person('ann', browser), person('bob', browser)]);
  // Without a relay these two would have no way at all.
  await hideAddress(ann.page, server.url);
  await bob.page.goto(await shareFiles(ann.page, server.url, file));
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'relayed.bin');
  await expect(bob.page.getByTestId('peer-row')).toHaveAttribute('data-path', 'relay');
  expect(await sha256OfFile(await saveRow(bob.page, 'relayed.bin'))).toBe(sum);
  await server.stop();
});

test('that relay is no door into the networks behind its machine', async ({ places: { guest } }) => {
  for (const peer of [...FORBIDDEN, ...FORBIDDEN_6]) {
    const family = peer.includes(':') ? '-x' : '';
    // It ends with an error code, having said which error.
    const ask = `turnutils_uclient ${family} -W ${VARIABLES.TURN_SECRET} -e ${peer} -n 1 ${HOST} || true`;
    expect.soft(await guest.exec('sh', ['-c', ask]), peer).toContain('error 403 (');
  }
});

test('that relay makes no TCP connections for anybody', async ({ places: { guest } }) => {
  const ask = `turnutils_uclient -T -W ${VARIABLES.TURN_SECRET} -e ${GUEST} -n 1 ${HOST} || true`;
  expect(await guest.exec('sh', ['-c', ask])).toContain('error 442 (');
});
