/** Keeps a number and its unit on one line. */
const NBSP = '\u00a0';
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Three significant digits at most, so that widths hardly change while a figure runs. */
function threeDigits(value: number): string {
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/**
 * Bytes in decimal units: `999 B`, `1.5 kB`, `42.0 MB`.
 * @param bytes not negative.
 */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.5 and not 1000: otherwise rounding would print "1000 kB".
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)}${NBSP}${UNITS[unit] ?? 'B'}`;
}

/** @param bytesPerSecond not negative. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A measured rate fades away and never reaches nothing: less than this is nothing. */
const STILL_BYTES_PER_SECOND = 1000;

/** Whether anything worth telling flows. */
export function isFlowing(bytesPerSecond: number): boolean {
  return bytesPerSecond >= STILL_BYTES_PER_SECOND;
}

/**
 * Whole percent, rounded down, so that "100 %" is said only of what is all there.
 * @param fraction 0 to 1.
 */
export function formatPercent(fraction: number): string {
  return `${Math.floor(clampFraction(fraction) * 100)}${NBSP}%`;
}

/** @returns `fraction` within 0 to 1; 0 for NaN. */
export function clampFraction(fraction: number): number {
  return fraction > 0 ? Math.min(1, fraction) : 0;
}

/** For `data-progress`: at most four decimals, rounded down, so that `1` means all of it. */
export function progressAttribute(fraction: number): string {
  return String(Math.floor(clampFraction(fraction) * 10_000) / 10_000);
}

/**
 * A time left as a person would say it. Coarse on purpose: it shall not flicker.
 * @param seconds undefined while unknown.
 * @returns undefined when there is nothing honest to say.
 */
export function formatTimeLeft(seconds: number | undefined): string | undefined {
  if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return undefined;
  if (seconds < 10) return 'a few seconds';
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10}${NBSP}s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes}${NBSP}min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `about ${Math.round(hours / 24)}${NBSP}days`;
  const rest = Math.round((minutes % 60) / 10) * 10;
  if (hours >= 10 || rest === 0) return `about ${hours}${NBSP}h`;
  return rest === 60 ? `about ${hours + 1}${NBSP}h` : `about ${hours}${NBSP}h ${rest}${NBSP}min`;
}

/** `1 file`, `1,200 files`. @param plural given where adding an s is wrong. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}
