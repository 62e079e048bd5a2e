/** Path of the stock Firefox that the Firefox journeys drive; undefined when there is none. */
export function findFirefox(): string | undefined;
/** Major version; the journeys are not known to run in any before. */
export const OLDEST_FIREFOX: number;
