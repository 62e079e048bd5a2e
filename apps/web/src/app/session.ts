import type { ChosenFile, RoomHandle } from '@shoal/room';
import { gatherFiles, type DroppedItem } from '../drop-zone/read-entries.ts';
import { readSizes } from '../drop-zone/read-sizes.ts';
import { failureOf, PageError } from '../failures/failure.ts';
import { countOf } from '../format/format.ts';
import { INITIAL_STATE, reduce, type AppEvent, type AppState } from './app-state.ts';

/** The address bar, as far as the page needs it. */
export interface PageAddress {
  href(): string;
  /** With its `#`; empty when there is none. */
  hash(): string;
  /** Changes the fragment without a new history entry and without a `hashchange`. */
  replaceHash(hash: string): void;
}

export interface SessionPorts {
  readonly address: PageAddress;
  openRoom(link: string | undefined): Promise<RoomHandle>;
}

/**
 * Opens and closes rooms as the address bar and the user say. Kept out of React, whose effects may run twice, since opening a room
 * twice would make two members of one person.
 */
export class Session {
  readonly #ports: SessionPorts;
  readonly #listeners = new Set<() => void>();
  #state: AppState = INITIAL_STATE;
  #room: Promise<RoomHandle | undefined> | undefined;
  /** Fragment of the room that is open or being opened. */
  #hash = '';
  #noticeCount = 0;
  /** Counts the rooms left: what was dropped into one must not come out in another. */
  #visit = 0;
  /** Chosen for a room that did not open. */
  #unshared: readonly ChosenFile[] = [];

  constructor(ports: SessionPorts) {
    this.#ports = ports;
  }

  readonly getState = (): AppState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Follows the address bar: joins, leaves or switches rooms. To be called at start and on `hashchange`. */
  readonly followAddress = (): void => {
    const hash = this.#ports.address.hash();
    if (hash === this.#hash) return;
    this.#leave();
    if (hash.length > 1) void this.#open('join', hash, this.#ports.address.href());
  };

  /** Tries a room again whose opening failed, with what was chosen for it. */
  readonly retry = (): void => {
    const files = this.#unshared;
    this.#leave();
    this.followAddress();
    if (files.length > 0) void this.share(files);
  };

  /** Back to the landing page; a room that is open is closed. */
  readonly startAnew = (): void => {
    this.#ports.address.replaceHash('');
    this.#leave();
  };

  /** Offers files to the room that is open, or to a new one. */
  readonly share = async (files: readonly ChosenFile[]): Promise<void> => {
    if (files.length === 0) {
      this.report(new PageError('nothing-to-share'));
      return;
    }
    const opening = this.#roomToShare();
    const visit = this.#visit;
    await readSizes(files, found => this.#dispatch({ type: 'gathering', found }));
    const room = await opening;
    if (visit !== this.#visit) this.report(new PageError('gone-elsewhere'));
    else if (room !== undefined) await room.share(files).catch(this.report);
    // Opening failed, which has been shown already.
    else this.#unshared = [...this.#unshared, ...files];
    this.#dispatch({ type: 'gathering', found: undefined });
  };

  /** Walks what was dropped, then shares it. The link does not wait for the last of many folders. */
  readonly shareDropped = async (items: readonly DroppedItem[]): Promise<void> => {
    let visit = this.#visit;
    let begun = false;
    const begin = (): void => {
      if (begun || visit !== this.#visit) return;
      begun = true;
      void this.#roomToShare();
      visit = this.#visit;
    };
    try {
      const { files, unreadable } = await gatherFiles(items, found => {
        this.#dispatch({ type: 'gathering', found });
        if (found > 0) begin();
      });
      if (visit !== this.#visit) throw new PageError('gone-elsewhere');
      if (files.length > 0) begin();
      if (unreadable.length > 0) {
        const text = `${countOf(unreadable.length, 'file')} could not be read, such as ${unreadable[0] ?? ''}.`;
        this.report(new PageError('unreadable-files', text));
        if (files.length === 0) return;
      }
      await this.share(files);
    } catch (error) {
      this.report(error);
    } finally {
      this.#dispatch({ type: 'gathering', found: undefined });
    }
  };

  /** Shows an alert for whatever was thrown. */
  readonly report = (error: unknown): void => {
    const failure = failureOf(error);
    if (failure !== undefined)
      this.#dispatch({ type: 'noticed', failure: { id: this.#noticeId(), ...failure } });
  };

  readonly dismiss = (id: string): void => {
    this.#dispatch({ type: 'dismissed', id });
  };

  /** Says goodbye to the others; for `pagehide`. */
  readonly close = (): void => {
    this.#leave();
  };

  /** The room that is open, or a new one. */
  #roomToShare(): Promise<RoomHandle | undefined> {
    if (this.#state.phase.kind === 'broken') this.startAnew();
    return this.#room ?? this.#open('create', '', undefined);
  }

  #open(purpose: 'create' | 'join', hash: string, link: string | undefined): Promise<RoomHandle | undefined> {
    this.#hash = hash;
    this.#dispatch({ type: 'opening', purpose });
    const opening = this.#ports.openRoom(link).then(
      room => {
        if (this.#room !== opening) {
          // Another room was asked for meanwhile.
          void room.close().catch(() => {});
          return undefined;
        }
        if (purpose === 'create') {
          this.#hash = new URL(room.getSnapshot().link).hash;
          this.#ports.address.replaceHash(this.#hash);
        }
        this.#dispatch({ type: 'opened', purpose, room });
        return room;
      },
      (error: unknown) => {
        if (this.#room !== opening) return undefined;
        this.#room = undefined;
        const failure = failureOf(error) ?? {
          code: 'internal-error',
          text: 'Opening the room was given up.',
        };
        this.#dispatch({ type: 'broke', failure: { id: this.#noticeId(), ...failure } });
        return undefined;
      },
    );
    this.#room = opening;
    return opening;
  }

  #leave(): void {
    this.#visit += 1;
    const leaving = this.#room;
    this.#room = undefined;
    this.#hash = '';
    this.#unshared = [];
    if (this.#state.phase.kind !== 'landing') this.#dispatch({ type: 'left' });
    // A room still being opened is closed by #open itself, which sees that it is no longer wanted; closing twice is harmless.
    leaving?.then(room => room?.close()).catch(() => {});
  }

  #noticeId(): string {
    this.#noticeCount += 1;
    return `page-${this.#noticeCount}`;
  }

  #dispatch(event: AppEvent): void {
    const next = reduce(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}
