import type { FailureView } from './snapshot.ts';

/** How many failures a person is shown at once; older ones make room. */
const MAX_SHOWN = 6;

/**
 * What a person must be told, newest last. The same failure (code and file) is shown once, however often it
 * comes back, and stays until it is dismissed or cleared by whoever raised it.
 */
export class Failures {
  #list: readonly FailureView[] = [];

  get list(): readonly FailureView[] {
    return this.#list;
  }

  add(failure: { code: string; text: string; file?: string }): void {
    const id = `${failure.code} ${failure.file ?? ''}`;
    if (this.#list.some(f => f.id === id && f.text === failure.text)) return;
    this.#list = [...this.#list.filter(f => f.id !== id), { id, ...failure }].slice(-MAX_SHOWN);
  }

  dismiss(id: string): void {
    this.#list = this.#list.filter(f => f.id !== id);
  }

  clear(code: string): void {
    if (this.#list.some(f => f.code === code)) this.#list = this.#list.filter(f => f.code !== code);
  }
}
