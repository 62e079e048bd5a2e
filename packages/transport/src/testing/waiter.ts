/** Waits for conditions that change with events: no polling, no sleeping. */
export class Waiter {
  #waiting: { condition: () => boolean; resolve: () => void } | undefined;

  /** Resolves once `condition` holds; it is looked at now and whenever something is noticed. One at a time. */
  until(condition: () => boolean): Promise<void> {
    return new Promise(resolve => {
      this.#waiting = { condition, resolve };
      this.noticed();
    });
  }

  noticed(): void {
    if (this.#waiting?.condition() !== true) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }
}
