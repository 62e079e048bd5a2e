// The request window on emulated lines: node packages/swarm/scripts/grid.mjs [RTT/LOSS/MBIT/QUEUE[/SHARERS] …], as in src/sim/grid.ts; all of the grid without.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const entry = fileURLToPath(new URL('../src/sim/grid.ts', import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: 'error' });
module.printGrid(line => console.log(line), process.argv.slice(2));
