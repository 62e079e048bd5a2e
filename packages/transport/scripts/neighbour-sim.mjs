// The neighbourhood under churn: node packages/transport/scripts/neighbour-sim.mjs [--seeds N]
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const at = process.argv.indexOf('--seeds');
const entry = fileURLToPath(new URL('../src/sim/main.ts', import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: 'error' });
module.simulateNeighbours(line => console.log(line), Number(at < 0 ? 5 : process.argv[at + 1]));
