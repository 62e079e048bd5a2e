/** Path of the Chromium that browser tests drive; undefined when there is none. */
export function findChromium(): string | undefined;
