import type { RoomChange, RoomHandle, RoomSnapshot } from '@shoal/room';

/** A frame: what follows a click or a first block shall be seen at once. */
const FIRST_WAIT_MS = 16;
/** Two pictures a second look live; each costs layout and paint, which would take CPU time from the transfer itself. */
const LONGEST_WAIT_MS = 500;

/**
 * Thins out the snapshots of a room: a change after a quiet time shows at once, those that follow at growing distances. Numbers and
 * states each have a pace of their own, so that a click, or the end of a download, is not behind what moves all the time.
 */
export class SnapshotFeed {
  readonly #room: RoomHandle;
  readonly #listeners = new Set<() => void>();
  readonly #paces: Record<RoomChange, Pace> = { numbers: new Pace(), state: new Pace() };
  /** What the next picture is to show. */
  readonly #pending = new Set<RoomChange>();
  #snapshot: RoomSnapshot;
  #unsubscribe: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Infinity;
  #shownAt = -Infinity;

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
      this.#rest();
    };
  };

  readonly #changed = (change: RoomChange): void => {
    const now = performance.now();
    this.#pending.add(change);
    const dueAt = this.#shownAt + this.#paces[change].waitMs(now);
    if (dueAt <= now) this.#show(now);
    else if (dueAt < this.#dueAt) {
      clearTimeout(this.#timer);
      this.#dueAt = dueAt;
      this.#timer = setTimeout(() => this.#show(performance.now()), dueAt - now);
    }
  };

  #show(now: number): void {
    for (const change of this.#pending) this.#paces[change].shown(now);
    this.#rest();
    this.#shownAt = now;
    this.#snapshot = this.#room.getSnapshot();
    for (const listener of this.#listeners) listener();
  }

  /** Nothing is to be shown. */
  #rest(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
    this.#pending.clear();
  }
}

/** How soon after a picture the next one of its kind may follow. */
class Pace {
  #waitMs = FIRST_WAIT_MS;
  #shownAt = -Infinity;

  waitMs(now: number): number {
    if (now - this.#shownAt > this.#waitMs + LONGEST_WAIT_MS) this.#waitMs = FIRST_WAIT_MS;
    return this.#waitMs;
  }

  shown(now: number): void {
    this.#shownAt = now;
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }
}
