import { Reminder } from '../reminder.ts';

/** Frames kept: as many of the largest as may be between worker and send buffer at a time (`maxReadBytes` of the swarm). */
const MAX_FRAMES = 32;
/** Bytes used again between two reminders: memory that is used again hides the garbage of the work on it. */
const REMIND_BYTES = 96 * 1024 * 1024;

/** Memory of frames that were sent, for the next reads. Blocks differ in length; a frame serves any read that it has room for. */
export class SpareFrames {
  /** Smallest first. */
  readonly #frames: ArrayBuffer[] = [];
  readonly #reminder: Pick<Reminder, 'did'>;

  constructor(reminder: Pick<Reminder, 'did'> = new Reminder(REMIND_BYTES)) {
    this.#reminder = reminder;
  }

  /** The smallest that holds so many bytes. */
  take(bytes: number): ArrayBuffer | undefined {
    const index = this.#frames.findIndex(({ byteLength }) => byteLength >= bytes);
    return index < 0 ? undefined : this.#frames.splice(index, 1)[0];
  }

  put(frame: ArrayBuffer): void {
    this.#reminder.did(frame.byteLength);
    const index = this.#frames.findIndex(({ byteLength }) => byteLength >= frame.byteLength);
    this.#frames.splice(index < 0 ? this.#frames.length : index, 0, frame);
    // The small ones go first: they serve the fewest.
    if (this.#frames.length > MAX_FRAMES) this.#frames.shift();
  }
}
