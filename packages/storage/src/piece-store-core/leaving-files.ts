/** Files whose bytes are being deleted. Removals overlap (of one file, and of all), so each file is counted. */
export class LeavingFiles {
  readonly #removals = new Map<number, number>();

  has(file: number): boolean {
    return this.#removals.has(file);
  }

  begin(files: readonly number[]): void {
    for (const file of files) this.#removals.set(file, (this.#removals.get(file) ?? 0) + 1);
  }

  end(files: readonly number[]): void {
    for (const file of files) {
      const others = (this.#removals.get(file) ?? 1) - 1;
      if (others === 0) this.#removals.delete(file);
      else this.#removals.set(file, others);
    }
  }
}
