/** One fish, 20 × 10, swimming to the right, its middle at the origin. */
export const FISH_PATH = 'M10 0C7.5-3.6 2.5-4.6-4 0l-6-4.2 2 4.2-2 4.2 6-4.2C2.5 4.6 7.5 3.6 10 0z';

/** The mark: three fish that swim together. */
export function ShoalMark() {
  return (
    <svg className="shoal-mark" viewBox="0 0 40 32" aria-hidden="true" focusable="false">
      <path d={FISH_PATH} transform="translate(14 7) scale(.95)" className="fish-third" />
      <path d={FISH_PATH} transform="translate(28 15.5) scale(1.15)" className="fish-first" />
      <path d={FISH_PATH} transform="translate(12 25)" className="fish-second" />
    </svg>
  );
}
