import type { Bytes, ConnectionSignal, NeighbourMessage } from '@shoal/protocol';
import type { LinkPath } from '../peer-connection/peer-connection.ts';

/** How a link ended. `code` is a TransportErrorCode, or what the side that said goodbye gave as its reason. */
export interface LinkEnd {
  readonly code: string;
  readonly text: string;
  /** `self`: closed here; `other`: the other side said goodbye; `failure`: nobody wanted it. */
  readonly by: 'self' | 'other' | 'failure';
}

export type LinkEvent =
  | { readonly type: 'signal'; readonly signal: ConnectionSignal }
  /** Both hellos are said; frames may be sent. */
  | { readonly type: 'open' }
  /** A whole control frame (first byte 1) or block frame (first byte 2); the buffer is the receiver's. */
  | { readonly type: 'frame'; readonly frame: Bytes }
  /** A control message that is for the mesh. */
  | { readonly type: 'message'; readonly message: NeighbourMessage }
  | { readonly type: 'writable'; readonly room: number }
  /** `leastRttMs`: the smallest round trip that ICE measured on this connection so far; told again when it falls. */
  | { readonly type: 'path'; readonly path: LinkPath; readonly leastRttMs: number | undefined }
  /** Lanes opened or closed: the link is so many connections now. */
  | { readonly type: 'lanes'; readonly connections: number }
  /** Exactly once, last. */
  | { readonly type: 'closed'; readonly end: LinkEnd };
