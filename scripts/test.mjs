// `npm test [-- NAME…]`: everything CI runs, or some of it, on a machine that has only Node and npm. Ends with one line that adds up all
// runners' reports; exit code 1 if a test failed, a step crashed, or no test ran.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { argv, env, exit } from 'node:process';
import { ensureBrowser, ensureFirefox } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureLab } from './lib/lab.mjs';
import { runLive } from './lib/run-live.mjs';
import { ROOT } from './lib/run.mjs';

const REPORTS = join(ROOT, '.reports');
const STEPS = ['check', 'unit', 'load', 'browser', 'e2e'];
const only = argv.slice(2);
const unknown = only.filter(name => !STEPS.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', no ')} here, only ${STEPS.join(', ')}.`);
  exit(1);
}

/** @type {{ name: string, passed: number, failed: number, skipped: number }[]} */
const totals = [];

/** @param {string} name @param {number} code @param {(report: any) => { passed: number, failed: number, skipped: number }} count */
function add(name, code, count) {
  try {
    const sum = count(JSON.parse(readFileSync(join(REPORTS, `${name}.json`), 'utf8')));
    // A runner that fails without a failed test (a crash, a leaked error) is a failure too.
    if (code !== 0 && sum.failed === 0) sum.failed = 1;
    totals.push({ name, ...sum });
  } catch {
    console.error(`${name}: no report (exit code ${code})`);
    totals.push({ name, passed: 0, failed: 1, skipped: 0 });
  }
}

const vitest = report => {
  for (const file of report.testResults) {
    for (const { status, fullName } of file.assertionResults) {
      if (status !== 'passed' && status !== 'failed')
        console.error(`SKIPPED: ${relative(ROOT, file.name)}: ${fullName}`);
    }
  }
  return {
    passed: report.numPassedTests,
    failed:
      report.numFailedTests +
      report.testResults.filter(f => f.status === 'failed' && f.assertionResults.length === 0).length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
};
const playwright = report => {
  saySkipped(report);
  return {
    passed: report.stats.expected + report.stats.flaky,
    failed: report.stats.unexpected + report.errors.length,
    skipped: report.stats.skipped,
  };
};

/** Says of each test that was left out why. @param {any} suite of a Playwright report */
function saySkipped(suite) {
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      if (test.status !== 'skipped') continue;
      const why = test.annotations.find(({ type }) => type === 'skip')?.description ?? 'no reason given';
      console.error(`SKIPPED: ${spec.file}: ${spec.title}: ${why}`);
    }
  }
  for (const inner of suite.suites ?? []) saySkipped(inner);
}

/** @param {string} name */
const wanted = name => only.length === 0 || only.includes(name);

await ensureInstalled();
const browser = ensureBrowser();
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

/** @param {string} project of vitest.config.ts */
async function runVitest(project) {
  if (!wanted(project)) return;
  if (project === 'browser' && browser === undefined) {
    console.error('SKIPPED: the browser tests, since there is no Chromium here');
    totals.push({ name: project, passed: 0, failed: 0, skipped: 1 });
    return;
  }
  const report = join(REPORTS, `${project}.json`);
  const code = await runLive([
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    project,
    // One that was forgotten would leave out all others, and the run be green.
    '--allowOnly=false',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  add(project, code, vitest);
}

if (wanted('check')) {
  const code = await runLive(['scripts/check.mjs']);
  totals.push({ name: 'check', passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 });
}
await runVitest('unit');
await runVitest('load');
await runVitest('browser');
if (wanted('e2e')) {
  if (browser === undefined) {
    console.error('SKIPPED: the journeys, since there is no Chromium here');
    totals.push({ name: 'e2e', passed: 0, failed: 0, skipped: 1 });
  } else {
    await ensureBuilt();
    ensureLab();
    ensureFirefox();
    const code = await runLive(
      [join(ROOT, 'e2e/node_modules/@playwright/test/cli.js'), 'test', '--config', 'playwright.config.ts'],
      {
        cwd: join(ROOT, 'e2e'),
        env: { ...env, SHOAL_REPORT: join(REPORTS, 'e2e.json') },
      },
    );
    add('e2e', code, playwright);
  }
}

for (const { name, passed, failed, skipped } of totals) {
  console.log(`${name.padEnd(8)} ${passed} ok, ${failed} bad, ${skipped} left out`);
}
const sum = key => totals.reduce((total, t) => total + t[key], 0);
const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
exit(failed > 0 || passed === 0 ? 1 : 0);
