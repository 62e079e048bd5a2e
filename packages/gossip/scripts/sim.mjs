// Runs the gossip simulator: node packages/gossip/scripts/sim.mjs [--json FILE]
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const at = process.argv.indexOf('--json');
const file = at < 0 ? undefined : process.argv[at + 1];
const entry = fileURLToPath(new URL('../src/sim/main.ts', import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: 'error' });
const rows = await module.simulateGossip(line => console.log(line));
if (file !== undefined) writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
if (rows.some(row => row.spread.missing > 0 || !row.latecomer.complete)) process.exitCode = 1;
