import type { RoomHandle, RoomSnapshot } from '@shoal/room';

/** Ten pictures a second look live; more would take CPU time from the transfer itself. */
const INTERVAL_MS = 100;

/**
 * Thins out the snapshots of a room: the first change after a quiet time shows at once, those that follow are shown together.
 */
export class SnapshotFeed {
  readonly #room: RoomHandle;
  readonly #listeners = new Set<() => void>();
  #snapshot: RoomSnapshot;
  #unsubscribe: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stale = false;

  constructor(room: RoomHandle) {
    this.#room = room;
    this.#snapshot = room.getSnapshot();
  }

  readonly getSnapshot = (): RoomSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#unsubscribe === undefined) {
      this.#snapshot = this.#room.getSnapshot();
      this.#unsubscribe = this.#room.subscribe(this.#changed);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#stale = false;
    };
  };

  readonly #changed = (): void => {
    if (this.#timer === undefined) this.#publish();
    else this.#stale = true;
  };

  #publish(): void {
    this.#stale = false;
    this.#snapshot = this.#room.getSnapshot();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#stale) this.#publish();
    }, INTERVAL_MS);
    for (const listener of this.#listeners) listener();
  }
}
