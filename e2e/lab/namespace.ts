import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, pid } from 'node:process';
import { ip, run } from './commands.ts';

/** `ip netns exec NAME` binds what lies in /etc/netns/NAME over /etc, for that one command. */
const ETC = '/etc/netns';
/** Each name holds the id of the process that made it, so that the next run can tell what a crash left behind. */
const OURS = /^shoal-(\d+)-/;

/** A network of its own, with loopback alone until something is plugged in. */
export class Namespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(label: string, hosts: string): Promise<Namespace> {
    const name = `shoal-${pid}-${label}`;
    await mkdir(join(ETC, name), { recursive: true });
    await writeFile(join(ETC, name, 'hosts'), `127.0.0.1 localhost\n${hosts}`);
    // A resolver that refuses at once: else a browser waits seconds for each name.
    await writeFile(join(ETC, name, 'resolv.conf'), 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n');
    await ip(`netns add ${name}`);
    const namespace = new Namespace(name);
    // One family: what the pairs of NAT kinds are about is IPv4.
    await namespace.sysctl('net/ipv6/conf/all/disable_ipv6');
    await namespace.sysctl('net/ipv6/conf/default/disable_ipv6');
    await namespace.ip('link set lo up');
    return namespace;
  }

  /** The words before a command that make it run in here. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  async ip(line: string): Promise<string> {
    return await ip(`-n ${this.name} ${line}`);
  }

  async exec(command: string, args: readonly string[], input?: string): Promise<string> {
    return await run('ip', ['netns', 'exec', this.name, command, ...args], input);
  }

  async sysctl(path: string): Promise<void> {
    await this.exec('tee', [`/proc/sys/${path}`], '1');
  }

  /** Ends what still runs in here, and removes it. */
  async remove(): Promise<void> {
    await removeByName(this.name);
  }
}

/** A cable between two namespaces, both ends up. */
export async function cable(a: Namespace, deviceA: string, b: Namespace, deviceB: string): Promise<void> {
  await ip(`link add ${deviceA} netns ${a.name} type veth peer name ${deviceB} netns ${b.name}`);
  await a.ip(`link set ${deviceA} up`);
  await b.ip(`link set ${deviceB} up`);
}

/** Removes the namespaces of runs that ended without doing so. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir('/run/netns').catch(() => [])) {
    const maker = OURS.exec(name)?.[1];
    if (maker !== undefined && !existsSync(`/proc/${maker}`)) await removeByName(name);
  }
}

async function removeByName(name: string): Promise<void> {
  const pids = await ip(`netns pids ${name}`).catch(() => '');
  for (const id of pids.split('\n').filter(Boolean)) {
    try {
      kill(Number(id), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  await ip(`netns del ${name}`).catch(() => undefined);
  await rm(join(ETC, name), { recursive: true, force: true });
}
