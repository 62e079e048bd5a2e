import { describe, expect, test } from 'vitest';
import { parseSync } from 'vite';
import { sourceReader, violationsIn } from './boundaries.mjs';

const check = (file: string, source: string) => violationsIn(file, source, sourceReader(parseSync));

describe('package boundaries', () => {
  test.each([
    ['packages/gossip/src/a.ts', "import { x } from '@shoal/protocol';"],
    ['packages/room/src/a.ts', "export type { Mesh } from '@shoal/transport';"],
    ['packages/swarm/src/a/b.ts', "import { x } from '../c.ts';"],
    ['packages/swarm/src/a.ts', '// the shell calls setTimeout for us, never Math.random\nexport {};'],
    ['packages/swarm/src/a.test.ts', "import fs from 'node:fs'; setTimeout(() => {}, 1);"],
    [
      'packages/transport/src/peer-connection/simple-peer.ts',
      "import P from 'simple-peer/simplepeer.min.js';",
    ],
    ['e2e/support/a.ts', "import { findChromium } from '../../scripts/chromium.mjs';"],
    ['e2e/support/b.ts', "new URL('../../apps/server/dist/main.js', import.meta.url);"],
    ['packages/room/src/sim/a.ts', "import { SimRoom } from '@shoal/swarm/sim/room';"],
    ['packages/swarm/scripts/sim.mjs', "import fs from 'node:fs';"],
    ['packages/swarm/src/sim/a.ts', "import { b } from './b.ts';"],
    [
      'packages/swarm/src/a.ts',
      '/** Types as in import("@shoal/room"), seeds from Math.random(). */ export {};',
    ],
    ['packages/room/src/a.ts', "export let mesh: import('@shoal/transport').Mesh;"],
    ['apps/web/src/vite-env.d.ts', '/// <reference types="vite/client" />'],
    ['apps/server/src/config.ts', "new URL('../../web/dist', import.meta.url);"],
  ])('%s: %s is allowed', (file, source) => {
    expect(check(file, source)).toEqual([]);
  });

  test.each([
    ['packages/protocol/src/a.ts', "import { x } from '@shoal/gossip';"],
    ['packages/gossip/src/a.ts', "import type { Swarm } from '@shoal/swarm';"],
    ['packages/storage/src/a.ts', "import { x } from '@shoal/transport';"],
    ['packages/transport/src/a.ts', "export { x } from '@shoal/storage';"],
    ['packages/transport/src/a.ts', "export * from '@shoal/storage';"],
    ['packages/room/src/a.ts', "const web = await import('@shoal/web');"],
    ['apps/server/src/a.ts', "import { x } from '@shoal/room';"],
    ['apps/web/src/a.tsx', "import { x } from '@shoal/protocol'; const a = <b />;"],
    ['packages/room/src/a.ts', "import { x } from '@shoal/protocol/src/ids.ts';"],
    ['packages/room/src/a.ts', "import { x } from '@shoal/swarm/sim/room';"],
    ['packages/swarm/src/sim/a.ts', "import { x } from '@shoal/gossip/sim/measures';"],
    ['packages/room/src/a.ts', "import { x } from '../../protocol/src/ids.ts';"],
    ['packages/storage/src/a.ts', "new Worker(new URL('../../swarm/src/worker.ts', import.meta.url));"],
    ['packages/transport/src/mesh.ts', "import P from 'simple-peer';"],
    ['packages/swarm/src/a.ts', "import { hrtime } from 'node:process';"],
    ['packages/swarm/src/a.ts', 'export const now = () => Date.now();'],
    ['e2e/support/a.ts', "import { Room } from '../../packages/room/src/room.ts';"],
    ['packages/protocol/src/a.ts', 'export const roll = Math.random;'],
    ['packages/swarm/src/a.ts', "const a = '/*'; export const roll = () => Math.random(); const b = '*/';"],
    ['packages/swarm/src/a.ts', "import { seeded } from './sim/random.ts';"],
    ['packages/room/src/a.ts', "import { fakeStore } from './testing/store.ts';"],
    ['apps/server/src/a.ts', "export let room: import('@shoal/room').Room;"],
    ['packages/swarm/src/a.ts', '/// <reference types="@shoal/room" />'],
    ['packages/swarm/src/a.ts', '/// <reference path="../../room/src/room.ts" />'],
  ])('%s: %s is refused', (file, source) => {
    expect(check(file, source)).toHaveLength(1);
  });
});
