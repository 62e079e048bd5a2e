import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { env, getuid, platform } from 'node:process';

/** Debian's packages that the network lab needs, by a program of each. */
const PACKAGES = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  turnserver: 'coturn',
  gcc: 'gcc',
  openssl: 'openssl',
};

/** Installs what the network lab lacks, where that is possible; where it is not, its tests say why they are left out. */
export function ensureLab() {
  if (platform !== 'linux' || getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const missing = Object.entries(PACKAGES).flatMap(([program, name]) =>
    spawnSync('which', [program]).status === 0 ? [] : [name],
  );
  if (missing.length === 0) return;
  console.error(`Installing ${missing.join(', ')} (Debian packages) for the network lab…`);
  const quiet = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], quiet);
  // gcc recommends libc6-dev, without which it cannot compile anything.
  const names = missing.includes('gcc') ? [...missing, 'libc6-dev'] : missing;
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], quiet);
}
