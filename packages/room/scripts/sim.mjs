// Runs the simulator: node packages/room/scripts/sim.mjs [--json FILE] [--svg FILE] [--seeds N]
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const option = name => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};

const entry = fileURLToPath(new URL('../src/sim/main.ts', import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: 'error' });
const { picture, ...result } = await module.simulate(
  line => console.log(line),
  Number(option('--seeds') ?? 200),
);
const json = option('--json');
if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
const svg = option('--svg') ?? 'swarm-sim.svg';
writeFileSync(svg, picture);
console.log(`curves: ${svg}`);
if (result.failed) process.exitCode = 1;
