/** Lets hashing and everything that follows from it end: digests run on threads, so counting turns would not do. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(resolve => setTimeout(resolve));
}

/** Resolves at the first turn of the event loop in which the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve));
}
