/** What a person allows the network to do. */
export interface NetworkSettings {
  /** New links go through a relay alone, so that other members do not learn our address. */
  readonly relayOnly: boolean;
  /** Bytes of blocks per second, in each room that is open; undefined: no cap. */
  readonly upLimit: number | undefined;
  readonly downLimit: number | undefined;
}

/** Where they are kept; they may change at any time. */
export interface NetworkSource {
  get(): NetworkSettings;
  subscribe(listener: () => void): () => void;
}

/** Nothing is kept back. */
export const FREE_NETWORK: NetworkSource = {
  get: () => ({ relayOnly: false, upLimit: undefined, downLimit: undefined }),
  subscribe: () => () => undefined,
};
