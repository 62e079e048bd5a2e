// Runs the simulator: node packages/swarm/scripts/sim.mjs [--json FILE] [--seeds N]
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const option = name => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};

const entry = fileURLToPath(new URL('../src/sim/main.ts', import.meta.url));
const { module } = await runnerImport(entry, { configFile: false, logLevel: 'error' });
const result = module.simulate(line => console.log(line), Number(option('--seeds') ?? 30));
const file = option('--json');
if (file !== undefined) writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
if (result.churn.stuck.length > 0) process.exitCode = 1;
