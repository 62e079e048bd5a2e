import type { Bytes, IceServer } from '@shoal/protocol';
import type { TransportErrorCode } from '../errors.ts';

/** The signaling server as seen from here. Links live on whatever it is. */
export type SignalingState = 'connecting' | 'online' | 'offline';

export type SignalingEvent =
  | { readonly type: 'state'; readonly state: SignalingState }
  /** In the room, under a new address each time. `members` is a random sample of the others' addresses. */
  | {
      readonly type: 'joined';
      readonly address: string;
      readonly members: readonly string[];
      readonly iceServers: readonly IceServer[];
    }
  /** Fresh ones, in good time before the last ones end. */
  | { readonly type: 'ice-servers'; readonly iceServers: readonly IceServer[] }
  | { readonly type: 'signal'; readonly from: string; readonly box: Bytes }
  /** The server answered, with a no. `final`: trying again makes no sense and is not done. */
  | {
      readonly type: 'refused';
      readonly code: Extract<TransportErrorCode, 'room-full' | 'unsupported-version' | 'signaling-refused'>;
      readonly final: boolean;
    };

/** What became of a box: handed on, its addressee is gone, or it may be tried again later. */
export type SignalOutcome = 'relayed' | 'unknown-member' | 'failed';

/** Someone who introduces members of a room to each other and relays sealed boxes. Not trusted. */
export interface Signaling {
  readonly state: SignalingState;
  subscribe(listener: (event: SignalingEvent) => void): () => void;
  /** Joins, and joins again after each loss, until closed. */
  start(): void;
  /** Never rejects. */
  signal(to: string, box: Bytes): Promise<SignalOutcome>;
  /**
   * A fresh random sample of the others' addresses.
   * @throws TransportError `signaling-offline`
   */
  members(): Promise<readonly string[]>;
  /** The network may have come back: while offline, tries at once what it would try later. */
  wake(): void;
  close(): void;
}
