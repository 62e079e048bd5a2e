import type { CryptoPort, RoomId, Signer } from '@shoal/protocol';
import type { PieceStore } from '@shoal/storage';
import type { Mesh } from '@shoal/transport';
import type { NetworkSource } from './network.ts';
import type { Schedule } from './notifier.ts';
import type { RoomVault } from './room-vault.ts';

/** What a Room is wired from; the real ones are made in `open-room.ts`. */
export interface RoomParts {
  readonly link: string;
  readonly room: RoomId;
  readonly signer: Signer;
  readonly crypto: CryptoPort;
  readonly store: PieceStore;
  readonly vault: RoomVault;
  readonly mesh: Pick<Mesh, 'subscribe' | 'start' | 'close' | 'seek' | 'isNearby'>;
  readonly clock: () => number;
  readonly random: () => number;
  readonly schedule: Schedule;
  /** What the person allows the network to do. */
  readonly network: NetworkSource;
  /** What this device is, for the others: "Firefox on Linux". */
  readonly device: string;
  /** Releases what was opened for this room outside of it. */
  readonly release: () => void;
}
