/** Path of the stock Firefox that the Firefox journeys drive; undefined when there is none. */
export function findFirefox(): string | undefined;
/** The first that Playwright can drive. */
export const OLDEST_FIREFOX: number;
