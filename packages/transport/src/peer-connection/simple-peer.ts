/* oxlint-disable no-underscore-dangle -- simple-peer keeps its channel and its RTCPeerConnection under such names */
// Packages that compile our source need the ambient types too, so they are referenced from here.
// oxlint-disable-next-line typescript/triple-slash-reference -- an ambient module cannot be imported
/// <reference path="./simple-peer-module.d.ts" />
import Peer from 'simple-peer/simplepeer.min.js';
import type { PeerSignal } from 'simple-peer/simplepeer.min.js';
import { MAX_FRAME_BYTES } from '@shoal/protocol';
import type { Bytes, ConnectionSignal } from '@shoal/protocol';
import { NO_PATH, pathOf } from './candidate-path.ts';
import { FALLBACK_MESSAGE_BYTES } from './peer-connection.ts';
import type {
  LinkStats,
  PeerConnection,
  PeerConnectionEvent,
  PeerConnectionFactory,
  PeerConnectionOptions,
} from './peer-connection.ts';

/**
 * Bytes that may arrive before our own `connect`: simple-peer waits for getStats, up to 100 ms and more, and the other side may be quicker. Over a first
 * connection that is a hello; over a lane, as many blocks with their nudges as come in that time. All send buffers of a link together hold no more.
 */
const MAX_EARLY_BYTES = 1024 * 1024;
/** What each of them counts for beside its bytes: small ones cost memory too. */
const EARLY_OVERHEAD = 256;

/** Real WebRTC through simple-peer. The only file that knows simple-peer. */
export const simplePeerConnections: PeerConnectionFactory = options => new SimplePeerConnection(options);

/** False where the browser has no WebRTC at all: then no Mesh can work and the user should be told. */
export function hasWebRtc(): boolean {
  return Peer.WEBRTC_SUPPORT;
}

class SimplePeerConnection implements PeerConnection {
  readonly #peer: Peer;
  readonly #lowWater: number;
  readonly #listener: (event: PeerConnectionEvent) => void;
  #early: Bytes[] | undefined = [];
  #earlyBytes = 0;
  #error: Error | undefined;
  #connected = false;
  #closed = false;
  #maxMessageBytes = FALLBACK_MESSAGE_BYTES;

  constructor({ initiator, iceServers, relayOnly = false, lowWater, listener }: PeerConnectionOptions) {
    this.#lowWater = lowWater;
    this.#listener = listener;
    this.#peer = new Peer({
      initiator,
      trickle: true,
      channelConfig: { ordered: true },
      config: { iceServers: [...iceServers], iceTransportPolicy: relayOnly ? 'relay' : 'all' },
    });
    this.#peer.on('signal', signal => this.#signalled(signal));
    this.#peer.on('connect', () => this.#opened());
    // Past simple-peer's stream, which sets a timer for each message; nothing else hangs on it.
    this.#peer._onChannelMessage = ({ data }) => this.#received(data);
    this.#peer.on('iceStateChange', state => {
      if (state === 'disconnected') this.#emit({ type: 'interrupted' });
    });
    this.#peer._pc?.addEventListener('icecandidateerror', ({ url, errorCode }) => {
      if (url?.startsWith('turn') && isRefusal(errorCode)) this.#emit({ type: 'turn-refused' });
    });
    this.#peer.on('error', error => {
      this.#error ??= error;
    });
    this.#peer.on('close', () => this.#ended());
  }

  get bufferedAmount(): number {
    return this.#peer._channel?.bufferedAmount ?? 0;
  }

  get maxMessageBytes(): number {
    return this.#maxMessageBytes;
  }

  signal(signal: ConnectionSignal): void {
    if (this.#closed || this.#peer.destroyed) return;
    try {
      this.#peer.signal(toPeerSignal(signal));
    } catch (error) {
      // RTCIceCandidate's constructor throws on nonsense that a peer may well send.
      this.#peer.destroy(error instanceof Error ? error : new Error('bad signal'));
    }
  }

  send(message: Bytes): void {
    if (!this.#connected || this.#closed || this.#peer.destroyed) return;
    try {
      this.#peer.send(message);
    } catch (error) {
      // The channel may be closing already, which simple-peer only notices later.
      this.#peer.destroy(error instanceof Error ? error : new Error('send failed'));
    }
  }

  async stats(): Promise<LinkStats> {
    const connection = this.#peer._pc;
    if (connection === null || connection === undefined) return NO_PATH;
    try {
      const entries: object[] = [];
      (await connection.getStats()).forEach((entry: object) => entries.push(entry));
      return pathOf(entries);
    } catch {
      // Closed while asking: there is no path to tell of.
      return NO_PATH;
    }
  }

  destroy(): void {
    this.#peer.destroy();
  }

  #emit(event: PeerConnectionEvent): void {
    if (!this.#closed) this.#listener(event);
  }

  #signalled(signal: PeerSignal): void {
    if (signal.type === 'offer' || signal.type === 'answer') {
      this.#emit({ type: 'signal', signal: { kind: signal.type, sdp: signal.sdp } });
    } else if (signal.type === 'candidate') {
      const { candidate, sdpMid, sdpMLineIndex } = signal.candidate;
      this.#emit({ type: 'signal', signal: { kind: 'candidate', candidate, sdpMid, sdpMLineIndex } });
    }
  }

  #opened(): void {
    const channel = this.#peer._channel;
    if (channel === null) return;
    this.#maxMessageBytes = negotiatedMessageBytes(this.#peer._pc);
    // simple-peer sets 64 KiB for its stream's write(), which we do not use, so the mark is ours to move.
    channel.bufferedAmountLowThreshold = this.#lowWater;
    channel.addEventListener('bufferedamountlow', () => this.#emit({ type: 'buffer-low' }));
    this.#connected = true;
    this.#emit({ type: 'connect' });
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const data of early) this.#emit({ type: 'message', data });
  }

  #received(message: unknown): void {
    if (this.#closed || this.#peer.destroyed) return;
    if (!(message instanceof ArrayBuffer)) {
      this.#peer.destroy(new Error('a text message on a binary channel'));
      return;
    }
    const data = new Uint8Array(message);
    if (this.#early === undefined) {
      this.#emit({ type: 'message', data });
      return;
    }
    this.#early.push(data);
    this.#earlyBytes += data.length + EARLY_OVERHEAD;
    if (this.#earlyBytes > MAX_EARLY_BYTES)
      this.#peer.destroy(new Error('too much before the connection was up'));
  }

  #ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#early = undefined;
    this.#listener(this.#error === undefined ? { type: 'close' } : { type: 'close', error: this.#error });
  }
}

/** An answer of the server (RFC 8489, section 14.8), unlike 701, which stands for none (W3C webrtc, icecandidateerror). */
function isRefusal(errorCode: number): boolean {
  return errorCode >= 300 && errorCode < 700;
}

function toPeerSignal(signal: ConnectionSignal): PeerSignal {
  if (signal.kind !== 'candidate') return { type: signal.kind, sdp: signal.sdp };
  const { candidate, sdpMid, sdpMLineIndex } = signal;
  return { type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } };
}

/** What SCTP negotiated (RFC 8841), never more than a frame may be anyway; engines without the field get the fallback. */
function negotiatedMessageBytes(connection: RTCPeerConnection | null | undefined): number {
  const size = connection?.sctp?.maxMessageSize;
  return size === undefined || !(size > 0) ? FALLBACK_MESSAGE_BYTES : Math.min(size, MAX_FRAME_BYTES);
}
