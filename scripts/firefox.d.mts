/** Path of the stock Firefox that the Firefox journeys drive; undefined when there is none. */
export function findFirefox(): string | undefined;
