import type { Bytes, PeerId } from '@shoal/protocol';
import { failureText } from '../errors.ts';
import type { TransportErrorCode } from '../errors.ts';
import type { LinkPath, LinkProtocol, LinkStats } from '../peer-connection/peer-connection.ts';
import type { SignalingState } from '../signaling/signaling.ts';

/** A member we have an open link to. Stays the same object for the life of the link; dead ones do nothing. */
export interface Neighbour {
  readonly peer: PeerId;
  /** Id of the link, the same at both ends; base64url, 22 characters. */
  readonly connection: string;
  readonly path: LinkPath;
  /** As looked at last, about every ten seconds; undefined where the engine does not say. */
  readonly protocol: LinkProtocol | undefined;
  /** Round trip of ICE's own checks, ms, as looked at last. */
  readonly rttMs: number | undefined;
  /** WebRTC connections that make up the link: more than one where random loss holds one back. */
  readonly connections: number;
  /** Features the other side named in its hello. */
  readonly features: readonly string[];
  /** Bytes the send buffer takes before its high water mark. */
  readonly room: number;
  /** Bytes sent that have not left yet. */
  readonly bufferedAmount: number;
  /** Largest frame that the other side takes in one message, in bytes; control frames above it are split here, block frames must not be. */
  readonly maxFrameBytes: number;
  /**
   * Sends a whole control or block frame, in order. The caller looks at `room` before sending blocks; control frames
   * may always be sent and wait here when there is no room.
   * @returns true when the frame is out of the caller's memory, which may be used again; false while it waits here and must not be changed
   */
  send(frame: Bytes): boolean;
  /** Ends the link with a goodbye and leaves the member alone for a while. `code` may be any literal of the caller's. */
  close(code: string, text: string): void;
  /** Path and round trip time now; costs a getStats call. */
  stats(): Promise<LinkStats>;
}

export type MeshEvent =
  /** After hello and version negotiation. */
  | { readonly type: 'neighbour-joined'; readonly neighbour: Neighbour }
  /** `code`: a TransportErrorCode, or the reason that either side gave when it closed the link. */
  | { readonly type: 'neighbour-left'; readonly peer: PeerId; readonly code: string; readonly text: string }
  /** A whole frame, first byte 1 (control) or 2 (block). The receiver owns its ArrayBuffer and may transfer it. */
  | { readonly type: 'frame'; readonly peer: PeerId; readonly frame: Bytes }
  | { readonly type: 'writable'; readonly peer: PeerId; readonly room: number }
  /** `leastRttMs`: the smallest round trip that ICE measured on this path so far, ms; told again when it falls. */
  | {
      readonly type: 'path';
      readonly peer: PeerId;
      readonly path: LinkPath;
      readonly leastRttMs: number | undefined;
    }
  /** Lanes opened or closed, on whichever side: the link is so many connections now. */
  | { readonly type: 'lanes'; readonly peer: PeerId; readonly connections: number }
  | { readonly type: 'signaling'; readonly state: SignalingState }
  /** Something a person should be told, in plain words. The mesh goes on. */
  | {
      readonly type: 'failure';
      readonly code: TransportErrorCode;
      readonly text: string;
      readonly peer?: PeerId;
    };

export function failureEvent(code: TransportErrorCode, peer?: PeerId): MeshEvent {
  const text = failureText(code);
  return peer === undefined ? { type: 'failure', code, text } : { type: 'failure', code, text, peer };
}
