/** The part of simple-peer 9.11.1 that we use. It has no types of its own for the prebuilt bundle. */
declare module 'simple-peer/simplepeer.min.js' {
  export interface PeerOptions {
    readonly initiator: boolean;
    readonly trickle: boolean;
    readonly channelConfig?: RTCDataChannelInit;
    readonly config?: RTCConfiguration;
  }

  export type PeerSignal =
    | { readonly type: 'offer' | 'answer'; readonly sdp: string }
    | {
        readonly type: 'candidate';
        readonly candidate: {
          readonly candidate: string;
          readonly sdpMid: string | null;
          readonly sdpMLineIndex: number | null;
        };
      }
    | { readonly type: 'renegotiate'; readonly renegotiate: true }
    | { readonly type: 'transceiverRequest' };

  export default class Peer {
    static readonly WEBRTC_SUPPORT: boolean;
    constructor(options: PeerOptions);
    readonly destroyed: boolean;
    readonly connected: boolean;
    /** Private in simple-peer; null once destroyed, undefined when the engine refused to make one. */
    readonly _pc: RTCPeerConnection | null | undefined;
    /** Private in simple-peer; null before the channel exists and once destroyed. */
    readonly _channel: RTCDataChannel | null;
    /** Private in simple-peer; called with each message of the channel. */
    _onChannelMessage: (event: MessageEvent<unknown>) => void;
    signal(signal: PeerSignal): void;
    send(message: Uint8Array<ArrayBuffer>): void;
    destroy(error?: Error): void;
    on(event: 'signal', listener: (signal: PeerSignal) => void): this;
    on(event: 'connect' | 'close', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'iceStateChange', listener: (connection: string, gathering: string) => void): this;
  }
}
