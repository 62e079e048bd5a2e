/** A set of listeners. One that throws does not keep the others from hearing the event. */
export class Listeners<Event> {
  readonly #all = new Set<(event: Event) => void>();

  add(listener: (event: Event) => void): () => void {
    // A wrapper, so that the same function may subscribe twice and leave once.
    const own = (event: Event): void => listener(event);
    this.#all.add(own);
    return () => {
      this.#all.delete(own);
    };
  }

  emit(event: Event): void {
    for (const listener of this.#all) {
      try {
        listener(event);
      } catch (error) {
        // Reported as an uncaught error, yet a link must not break because its observer did.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
