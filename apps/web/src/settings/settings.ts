import type { NetworkSettings, NetworkSource } from '@shoal/room';

/** Where the settings are kept between visits. */
export interface SettingsStore {
  read(): string | null;
  write(text: string): void;
}

const DEFAULTS: NetworkSettings = { relayOnly: false, upLimit: undefined, downLimit: undefined };
/** A cap below this would only look like a broken transfer, bytes per second. */
const LEAST_LIMIT = 10_000;

/** What the person allows the network to do, on this device and in all rooms. */
export class Settings implements NetworkSource {
  readonly #store: SettingsStore;
  readonly #listeners = new Set<() => void>();
  #now: NetworkSettings;

  constructor(store: SettingsStore) {
    this.#store = store;
    this.#now = parse(store.read());
  }

  readonly get = (): NetworkSettings => this.#now;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  change(change: Partial<NetworkSettings>): void {
    this.#now = { ...this.#now, ...change };
    this.#store.write(JSON.stringify(this.#now));
    this.#tell();
  }

  /** They were changed elsewhere. */
  reload(): void {
    this.#now = parse(this.#store.read());
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * A cap as a person types it, in megabytes per second.
 * @returns bytes per second; `none`, no cap, for nothing; undefined for what is no number above 0
 */
export function limitOf(text: string): number | 'none' | undefined {
  if (text.trim() === '') return 'none';
  const megabytes = Number(text.trim().replace(',', '.'));
  return megabytes > 0 && Number.isFinite(megabytes) ? Math.max(LEAST_LIMIT, megabytes * 1e6) : undefined;
}

/** What is kept may be of another version, or damaged: what makes no sense is as if never set. */
function parse(text: string | null): NetworkSettings {
  try {
    const kept: unknown = JSON.parse(text ?? '{}');
    if (typeof kept !== 'object' || kept === null) return DEFAULTS;
    const limit = (value: unknown): number | undefined =>
      typeof value === 'number' && value >= LEAST_LIMIT ? value : undefined;
    return {
      relayOnly: 'relayOnly' in kept && kept.relayOnly === true,
      upLimit: 'upLimit' in kept ? limit(kept.upLimit) : undefined,
      downLimit: 'downLimit' in kept ? limit(kept.downLimit) : undefined,
    };
  } catch {
    return DEFAULTS;
  }
}
