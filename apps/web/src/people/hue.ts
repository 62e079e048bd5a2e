/**
 * A colour that stays with a person, so that two of the same name can be told apart.
 * @param id any text, already random.
 * @returns degrees, 0 to 359.
 */
export function hueOf(id: string): number {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 360;
  return sum;
}
