import { randomInt } from 'node:crypto';

const STEPS = 2 ** 47;

/** Uniform in [0, 1) and unpredictable: whom a newcomer is introduced to must not be for anyone else to choose. */
export function secureRandom(): number {
  return randomInt(STEPS) / STEPS;
}
