import { spawnSync } from 'node:child_process';
import { accessSync } from 'node:fs';
import { getuid, pid, platform } from 'node:process';

const TOOLS = ['ip', 'nft', 'conntrack', 'turnserver', 'gcc', 'openssl', 'ss'];

/** Why there can be no lab on this machine, in words; undefined when there can. */
export function labObstacle(): string | undefined {
  if (platform !== 'linux') return 'the network lab needs Linux';
  if (getuid?.() !== 0) return 'the network lab needs root';
  const missing = TOOLS.filter(tool => spawnSync('which', [tool]).status !== 0);
  if (missing.length > 0) return `the network lab needs ${missing.join(', ')}`;
  try {
    accessSync('/dev/net/tun');
  } catch {
    return 'the network lab needs /dev/net/tun';
  }
  const name = `shoal-${pid}-probe`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0)
    return 'the network lab may not make network namespaces here';
  spawnSync('ip', ['netns', 'del', name]);
  return undefined;
}
