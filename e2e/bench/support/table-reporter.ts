import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import type { Row } from './rows.ts';

/** Prints the rows of all benchmarks as one table, and writes them where SHOAL_BENCH_JSON says. */
export default class TableReporter implements Reporter {
  readonly #rows: (Row & { bench: string })[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const { name, body } of result.attachments) {
      if (name === 'row' && body !== undefined)
        this.#rows.push({ bench: test.title, ...(JSON.parse(body.toString()) as Row) });
    }
  }

  onEnd(): void {
    const width = Math.max(20, ...this.#rows.map(row => row.what.length));
    console.log(`\n${'what'.padEnd(width)}  ${'value'.padStart(10)} unit     bar`);
    for (const { what, value, unit, bar, met } of this.#rows) {
      const verdict =
        bar === undefined ? '' : `${bar}${met === undefined ? '' : met ? ' (met)' : ' (MISSED)'}`;
      console.log(`${what.padEnd(width)}  ${value.toFixed(2).padStart(10)} ${unit.padEnd(8)} ${verdict}`);
    }
    const target = process.env['SHOAL_BENCH_JSON'];
    if (target !== undefined) writeFileSync(target, `${JSON.stringify(this.#rows, null, 2)}\n`);
  }
}
