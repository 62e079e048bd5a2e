import type { KeptRoom } from '@shoal/room';

/** What this device keeps, as far as the landing page needs it. */
export interface Library {
  list(): Promise<readonly KeptRoom[]>;
  /** Deletes the room's bytes and all that is remembered of it. */
  remove(room: KeptRoom['room']): Promise<void>;
}
