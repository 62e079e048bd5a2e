import type { Bytes, ConnectionSignal, IceServer } from '@shoal/protocol';

/** Whether the bytes go straight to the other side or through a TURN server. */
export type LinkPath = 'direct' | 'relay' | 'unknown';

/** What carries the bytes from here to the other side or to the relay. `tls`: to a relay, which is TCP under encryption. */
export type LinkProtocol = 'udp' | 'tcp' | 'tls';

/** A look at the path in use. Round trip time in milliseconds, as ICE's own checks measured it last. */
export interface LinkStats {
  readonly path: LinkPath;
  /** Undefined where the engine does not say. */
  readonly protocol: LinkProtocol | undefined;
  readonly rttMs: number | undefined;
  /** Checks that ICE has had answered: a round trip is news only when this has grown. */
  readonly checks: number | undefined;
}

/**
 * What a connection reports. `message` and `buffer-low` come only between `connect` and `close`; `close` comes
 * exactly once and last, also after the own `destroy()`; `error` is absent when either side closed on purpose.
 */
export type PeerConnectionEvent =
  | { readonly type: 'signal'; readonly signal: ConnectionSignal }
  | { readonly type: 'connect' }
  /** The receiver owns `data` and may transfer `data.buffer`: the view covers all of it. */
  | { readonly type: 'message'; readonly data: Bytes }
  /** The send buffer has drained to the low water mark. */
  | { readonly type: 'buffer-low' }
  /** The path is interrupted (ICE `disconnected`); it may come back by itself. */
  | { readonly type: 'interrupted' }
  /** A TURN server will not relay for us (wrong or expired credentials, no capacity); a direct way may still be found. */
  | { readonly type: 'turn-refused' }
  | { readonly type: 'close'; readonly error?: Error };

/** One reliable, ordered, message-preserving connection to one other browser. */
export interface PeerConnection {
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedAmount: number;
  /** Largest message the other side takes, in bytes. Final from `connect` on. */
  readonly maxMessageBytes: number;
  signal(signal: ConnectionSignal): void;
  /** Sends one message without copying it. Does nothing before `connect` and after `close`. */
  send(message: Bytes): void;
  stats(): Promise<LinkStats>;
  /** Ends the connection at once; unsent data is lost. Idempotent. */
  destroy(): void;
}

export interface PeerConnectionOptions {
  /** The initiator makes the offer. */
  readonly initiator: boolean;
  readonly iceServers: readonly IceServer[];
  /** Candidates of relays alone are gathered and tried: the other side learns no address of ours. */
  readonly relayOnly?: boolean;
  /** `buffer-low` is reported when `bufferedAmount` falls to this many bytes. */
  readonly lowWater: number;
  /** Given at birth so that no event can be missed. Never called from inside the factory. */
  readonly listener: (event: PeerConnectionEvent) => void;
}

export type PeerConnectionFactory = (options: PeerConnectionOptions) => PeerConnection;

/** Message size every WebRTC implementation takes when none was signalled (RFC 8841, section 6.1). */
export const FALLBACK_MESSAGE_BYTES = 64 * 1024;
