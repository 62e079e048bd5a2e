import type { StoreKind } from '@shoal/storage';

/** What this browser gives us. */
export interface BrowserFinding {
  readonly secureContext: boolean;
  readonly webRtc: boolean;
  /** WebCrypto with what Shoal signs with. */
  readonly crypto: boolean;
}

export interface StorageFinding {
  /** Undefined: no storage could be opened at all. */
  readonly kind: StoreKind | undefined;
  /** Its database opens, which rooms are remembered in. */
  readonly remembers: boolean;
  /** Bytes; 0 while the browser does not say. */
  readonly quota: number;
  readonly used: number;
  /** The browser has promised not to clear it by itself. */
  readonly persisted: boolean;
}
