import type { FailureView, RoomHandle } from '@shoal/room';

/** Where the page is. */
export type Phase =
  | { readonly kind: 'landing' }
  | { readonly kind: 'opening'; readonly purpose: 'create' | 'join' }
  | { readonly kind: 'room'; readonly purpose: 'create' | 'join'; readonly room: RoomHandle }
  | { readonly kind: 'broken'; readonly failure: FailureView };

export interface AppState {
  readonly phase: Phase;
  /** Files found, or looked at, so far while many are being read. */
  readonly gathering: number | undefined;
  /** Alerts of the page itself; those of the room are in its snapshot. */
  readonly notices: readonly FailureView[];
}

export type AppEvent =
  | { readonly type: 'left' }
  | { readonly type: 'opening'; readonly purpose: 'create' | 'join' }
  | { readonly type: 'opened'; readonly purpose: 'create' | 'join'; readonly room: RoomHandle }
  | { readonly type: 'broke'; readonly failure: FailureView }
  | { readonly type: 'gathering'; readonly found: number | undefined }
  | { readonly type: 'noticed'; readonly failure: FailureView }
  | { readonly type: 'dismissed'; readonly id: string };

/** More alerts than this at a time tell nobody anything. */
const MAX_NOTICES = 4;

export const INITIAL_STATE: AppState = { phase: { kind: 'landing' }, gathering: undefined, notices: [] };

export function reduce(state: AppState, event: AppEvent): AppState {
  switch (event.type) {
    case 'left':
      return INITIAL_STATE;
    case 'opening':
      return { ...state, phase: { kind: 'opening', purpose: event.purpose }, notices: [] };
    case 'opened':
      return { ...state, phase: { kind: 'room', purpose: event.purpose, room: event.room } };
    case 'broke':
      return { ...state, phase: { kind: 'broken', failure: event.failure } };
    case 'gathering':
      return state.gathering === event.found ? state : { ...state, gathering: event.found };
    case 'noticed': {
      // The same thing said twice is one alert, the newer one.
      const others = state.notices.filter(
        notice => notice.code !== event.failure.code || notice.text !== event.failure.text,
      );
      return { ...state, notices: [...others, event.failure].slice(-MAX_NOTICES) };
    }
    case 'dismissed':
      return { ...state, notices: state.notices.filter(notice => notice.id !== event.id) };
  }
}
