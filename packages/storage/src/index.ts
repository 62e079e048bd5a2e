export {
  openPieceStore,
  persist,
  removeRoomBytes,
  removeScope,
  type OpenPieceStoreOptions,
} from './client/open-piece-store.ts';
export { StorageError, type StorageErrorCode } from './errors.ts';
export type {
  AddOffer,
  AddedOffer,
  Compared,
  PieceStore,
  StorageEvent,
  StoreKind,
  ZipEntry,
} from './piece-store.ts';
export type { KeptOutlet, OutletRequest, OutletState } from './outlet/outlet.ts';
export { openVault, type KeptRun, type KeptSources, type Vault, type VaultOptions } from './vault/vault.ts';
export type { OfferSelection, VaultRoom } from './vault/rooms.ts';
