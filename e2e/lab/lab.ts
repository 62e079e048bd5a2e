import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProfileOptions } from '../support/profiles.ts';
import { startServer } from '../support/server.ts';
import type { ServerProcess } from '../support/server.ts';
import { browserIn } from './browser-in.ts';
import { EmulatedLine, compileLine } from './emulated-line.ts';
import { KernelLine } from './kernel-line.ts';
import type { Line, LineShape } from './line.ts';
import { Namespace, cable, removeLeftovers } from './namespace.ts';
import { natRules } from './nat.ts';
import type { NatKind } from './nat.ts';
import { ICE_ENVIRONMENT, TURN_HOST, startTurn } from './turn.ts';

const GATEWAY = '203.0.113.1';
export const SERVER = '203.0.113.10';
export const TURN = '203.0.113.20';
/** The relay's other address: a router that uses another port for each target shows itself only to two. */
export const SECOND_STUN = '203.0.113.21';
/** The one port that the strictest network lets out to. */
const SERVER_PORT = 443;

export type Cut = 'cable' | 'line';

export interface MemberOptions {
  /** Default: `open`. */
  readonly kind?: NatKind;
  /** Default: no limit, as fast as the machine is. */
  readonly line?: LineShape;
  /** Who makes the line; default: the emulator. The kernel limits only rate and queue; see `hasKernelLines`. */
  readonly by?: 'emulator' | 'kernel';
}

/** Somebody's computer, behind a router and a line of its own. */
export interface Member {
  readonly place: Namespace;
  /** The computer's own, until it moves; others reach it there when its router is `open`. */
  readonly address: string;
  /** The router's address on this side. */
  readonly gateway: string;
  /** Where the router's line ends in the internet. */
  readonly port: string;
  /** For `openProfile`: a browser that runs in here. */
  readonly browser: ProfileOptions;
  /** The line. @throws Error for a member made without one */
  readonly line: Line;
  /** Another kind of router from now on; what goes through the old one is forgotten, or goes on (`keep`). */
  setKind(kind: NatKind, flows?: 'forget' | 'keep'): Promise<void>;
  /** Bytes that this computer has sent and received so far, headers included. */
  traffic(): Promise<{ sent: number; received: number }>;
}

/**
 * An internet of its own on one machine: network namespaces, a router and, if wanted, an emulated line for each member,
 * a relay, and Shoal servers. Needs root on Linux and some tools; see `labObstacle`.
 */
export class Lab {
  readonly #dir: string;
  readonly #internet: Namespace;
  readonly #stopTurn: () => Promise<void>;
  readonly #servers: ServerProcess[] = [];
  readonly #members: { readonly places: readonly Namespace[]; readonly line: Line | undefined }[] = [];
  #program: Promise<string> | undefined;

  private constructor(dir: string, internet: Namespace, stopTurn: () => Promise<void>) {
    this.#dir = dir;
    this.#internet = internet;
    this.#stopTurn = stopTurn;
  }

  static async open(): Promise<Lab> {
    await removeLeftovers();
    const dir = await mkdtemp(join(tmpdir(), 'shoal-lab-'));
    const internet = await Namespace.create('internet', HOSTS);
    await internet.ip('link add bridge type bridge');
    await internet.ip('link set bridge up');
    for (const address of [GATEWAY, SERVER, TURN, SECOND_STUN])
      await internet.ip(`addr add ${address}/24 dev bridge`);
    await internet.sysctl('net/ipv4/ip_forward');
    return new Lab(dir, internet, await startTurn(internet, TURN, SECOND_STUN, dir));
  }

  /** A Shoal server that every member reaches. Its address is the same for all: stop one before the next. */
  async server(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = await startServer({
      port: SERVER_PORT,
      env: { HOST: SERVER, ...ICE_ENVIRONMENT, ...env },
      prefix: this.#internet.prefix,
    });
    this.#servers.push(server);
    return server;
  }

  /** A computer without a router, for measuring programs. */
  get internet(): Namespace {
    return this.#internet;
  }

  async member({ kind = 'open', line, by = 'emulator' }: MemberOptions = {}): Promise<Member> {
    const number = this.#members.length + 1;
    const [wan, lan, host] = [`203.0.113.${100 + number}`, `10.0.${number}.1`, `10.0.${number}.2`];
    const place = await Namespace.create(`member${number}`, HOSTS);
    const router = await Namespace.create(`router${number}`, HOSTS);
    const entry: { places: Namespace[]; line: Line | undefined } = {
      places: [place, router],
      line: undefined,
    };
    this.#members.push(entry);
    const port = `port${number}`;
    if (line === undefined) await cable(router, 'wan', this.#internet, port);
    else {
      entry.line =
        by === 'kernel'
          ? await KernelLine.open(router, 'wan', this.#internet, port)
          : await EmulatedLine.open(await this.#emulator(), router, 'wan', this.#internet, port);
      entry.line.set(line);
    }
    await this.#internet.ip(`link set ${port} master bridge`);
    await router.ip(`addr add ${wan}/24 dev wan`);
    await router.ip(`route add default via ${GATEWAY}`);
    await router.sysctl('net/ipv4/ip_forward');
    await cable(router, 'lan', place, 'eth0');
    await router.ip(`addr add ${lan}/24 dev lan`);
    await place.ip(`addr add ${host}/24 dev eth0`);
    await place.ip(`route add default via ${lan}`);

    const setKind = async (next: NatKind, flows: 'forget' | 'keep' = 'forget'): Promise<void> => {
      await router.exec('nft', ['-f', '-'], `flush ruleset\n${natRules(next, host)}\n`);
      await this.#internet.ip(`route del 10.0.${number}.0/24`).catch(() => undefined);
      if (next === 'open') await this.#internet.ip(`route add 10.0.${number}.0/24 via ${wan}`);
      if (flows === 'forget') await router.exec('conntrack', ['-F']);
    };
    await setKind(kind);
    return {
      place,
      address: host,
      gateway: lan,
      port,
      browser: await browserIn(place, this.#dir, `http://${SERVER}:${SERVER_PORT}`),
      get line() {
        if (entry.line === undefined) throw new Error('this member has no line');
        return entry.line;
      },
      setKind,
      traffic: async () => await trafficOf(place, 'eth0'),
    };
  }

  /** Pulls the member's cable, which its browser is told of, or the router's, which nobody is told of. */
  async cut({ place, port }: Member, where: Cut = 'cable'): Promise<void> {
    if (where === 'cable') await place.ip('link set eth0 down');
    else await this.#internet.ip(`link set ${port} down`);
  }

  /** Puts it back. */
  async heal({ place, gateway, port }: Member, where: Cut = 'cable'): Promise<void> {
    if (where === 'line') await this.#internet.ip(`link set ${port} up`);
    else {
      await place.ip('link set eth0 up');
      await place.ip(`route add default via ${gateway}`);
    }
  }

  /** Gives the member's computer another address, as another Wi-Fi would. */
  async move({ place, gateway }: Member): Promise<void> {
    const [network] = gateway.split(/\.\d+$/);
    await place.ip('addr flush dev eth0');
    await place.ip(`addr add ${network}.77/24 dev eth0`);
    await place.ip(`route add default via ${gateway}`);
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.kill();
    await this.#stopTurn();
    for (const { places, line } of this.#members) {
      await line?.close();
      for (const place of places) await place.remove();
    }
    await this.#internet.remove();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #emulator(): Promise<string> {
    return await (this.#program ??= compileLine(this.#dir));
  }
}

const HOSTS = `${TURN} ${TURN_HOST} ${TURN_HOST}.\n`;

async function trafficOf(place: Namespace, device: string): Promise<{ sent: number; received: number }> {
  const read = async (name: string): Promise<number> =>
    Number(await place.exec('cat', [`/sys/class/net/${device}/statistics/${name}_bytes`]));
  return { sent: await read('tx'), received: await read('rx') };
}
