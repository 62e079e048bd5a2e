// `npm run e2e:faults`: crashes, reloads, cut lines and full disks in real Chromium; writes what was measured into docs/faults.md.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, exit } from 'node:process';
import { ensureBrowser } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureLab } from './lib/lab.mjs';
import { runLive } from './lib/run-live.mjs';
import { ROOT } from './lib/run.mjs';

const ROWS = join(ROOT, '.reports', 'faults.jsonl');
const TABLE = join(ROOT, 'docs', 'faults.md');
const BEGIN = '<!-- measured -->';
const MIB = 1024 * 1024;

await ensureInstalled();
if (ensureBrowser() === undefined) {
  console.error('There is no Chromium here; set CHROMIUM to its path.');
  exit(1);
}
await ensureBuilt();
ensureLab();
mkdirSync(join(ROOT, '.reports'), { recursive: true });
rmSync(ROWS, { force: true });
const extent = env['SHOAL_FAULTS'] ?? 'full';
const code = await runLive(
  [join(ROOT, 'e2e/node_modules/@playwright/test/cli.js'), 'test', '--config', 'faults.config.ts'],
  {
    cwd: join(ROOT, 'e2e'),
    env: {
      ...env,
      SHOAL_FAULTS: extent,
      SHOAL_FAULT_ROWS: ROWS,
      SHOAL_REPORT: join(ROOT, '.reports', 'faults.json'),
    },
  },
);
// The table holds what a whole run measured, or stays what it was.
if (code !== 0 || extent !== 'full') exit(code);

const rows = readFileSync(ROWS, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line));
const text = readFileSync(TABLE, 'utf8');
const head = text.slice(0, text.indexOf(BEGIN) + BEGIN.length);
const lines = rows.map(({ fault, size, end, sent, cuts, back }) => {
  const over = sent === 0 ? '–' : `${((sent - size) / MIB).toFixed(1)} MiB`;
  const after = back === undefined ? '–' : `${back.toFixed(1)} s`;
  return `| ${fault} | ${(size / MIB).toFixed(0)} MiB | ${end} | ${over} | ${cuts} | ${after} |`;
});
writeFileSync(
  TABLE,
  `${head}\n\n| fault | to be sent | how it ends | sent beyond that | cuts | goes on after |\n|---|---|---|---|---|---|\n${lines.join('\n')}\n`,
);
