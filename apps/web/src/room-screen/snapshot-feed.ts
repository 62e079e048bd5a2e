import type { RoomHandle, RoomSnapshot } from '@shoal/room';

/** A frame: what follows a click or a first block shall be seen at once. */
const FIRST_WAIT_MS = 16;
/** Two pictures a second look live; each costs layout and paint, which would take CPU time from the transfer itself. */
const LONGEST_WAIT_MS = 500;

/**
 * Thins out the snapshots of a room: a change after a quiet time shows at once, those that follow at growing distances.
 */
export class SnapshotFeed {
  readonly #room: RoomHandle;
  readonly #listeners = new Set<() => void>();
  #snapshot: RoomSnapshot;
  #unsubscribe: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #calm: ReturnType<typeof setTimeout> | undefined;
  #stale = false;
  #wait = FIRST_WAIT_MS;

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
      clearTimeout(this.#calm);
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
    clearTimeout(this.#calm);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#stale) this.#publish();
      else this.#calm = setTimeout(() => (this.#wait = FIRST_WAIT_MS), LONGEST_WAIT_MS);
    }, this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    for (const listener of this.#listeners) listener();
  }
}
