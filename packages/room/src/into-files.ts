import type { OfferId } from '@shoal/protocol';
import type { StorageEvent } from '@shoal/storage';
import { RoomError } from './errors.ts';
import type { Offers } from './offers.ts';
import type { Outlets } from './outlets.ts';
import type { Space } from './space.ts';

/** What a click on Resume may mend. */
const MENDED = ['outlet-full', 'outlet-changed', 'outlet-failed', 'write-denied'] as const;

export interface IntoFilesOptions {
  readonly offers: Pick<Offers, 'get' | 'attach' | 'outletMoved' | 'outletFailed'>;
  readonly outlets: Pick<Outlets, 'add' | 'ask' | 'forget'>;
  readonly space: Pick<Space, 'want' | 'release' | 'refresh' | 'segmentBytes'>;
  /** Tells a person; `file` is the key of a row. */
  readonly tell: (code: string, text: string, file?: string) => void;
  readonly clear: (code: string) => void;
}

/** Downloads that go into picked files as they arrive: begins them, and opens them again by a click. */
export class IntoFiles {
  readonly #options: IntoFilesOptions;

  constructor(options: IntoFilesOptions) {
    this.#options = options;
  }

  /** @throws RoomError 'unknown-offer', 'no-room-to-stage' */
  async begin(offer: OfferId, file: number, handle: FileSystemFileHandle): Promise<void> {
    const { offers, outlets, space } = this.#options;
    const state = offers.get(offer);
    const span = state?.offer.geometry.files[file];
    if (state === undefined || span === undefined || state.own || state.ended)
      throw new RoomError('unknown-offer');
    await space.refresh();
    const segmentBytes = space.segmentBytes(span.size - state.missingOf(file));
    if (segmentBytes === undefined) throw new RoomError('no-room-to-stage');
    outlets.add(offer, { file, handle, segmentBytes });
    await offers.attach(offer);
    if (state.windows().has(file)) return await space.want(offer, [file]);
    // Why has been told.
    outlets.forget(offer, [file]);
    state.removeOutlets([file]);
  }

  /** Wants files, some of which wait for the browser to let us at the picked ones. Called by a click. */
  async accept(offer: OfferId, files: readonly number[] | undefined): Promise<void> {
    const { offers, outlets, space, tell, clear } = this.#options;
    const state = offers.get(offer);
    // What of our own is not at hand is fetched of nobody: who has it takes it from here.
    if (state?.own === true) throw new RoomError('choose-again');
    if (state?.ended === true) throw new RoomError('unknown-offer');
    const closed = (state?.closedOutlets() ?? []).filter(file => files?.includes(file) ?? true);
    if (state === undefined || closed.length === 0) return await space.want(offer, files);
    for (const code of MENDED) clear(code);
    const isAllowed = await outlets.ask(offer, closed);
    /** Given up while the browser asked, or while the picked file was looked at. */
    const givenUp = (): number[] => closed.filter(file => !state.hasOutlet(file));
    if (isAllowed) await offers.attach(offer);
    else if (givenUp().length < closed.length) tell('write-denied', new RoomError('write-denied').text);
    const still = new Set([...state.closedOutlets(), ...givenUp()]);
    const open = (files ?? [...state.offer.geometry.files.keys()]).filter(file => !still.has(file));
    if (open.length > 0) await space.want(offer, open);
  }

  stored(event: Extract<StorageEvent, { type: 'outlet' | 'outlet-failed' }>): void {
    const { offers, space, tell } = this.#options;
    if (event.type === 'outlet') return offers.outletMoved(event.offer, event.outlet);
    offers.outletFailed(event.offer, event.file);
    // Room alone does not open it again.
    space.release(event.offer, [event.file]);
    tell(event.code, event.text, `${event.offer}/${event.file}`);
  }
}
