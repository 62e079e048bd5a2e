import { Catalogue, RoomLog } from '@shoal/gossip';
import {
  BLOCK_HEADER_BYTES,
  MAX_FRAME_BYTES,
  decodeMessage,
  deriveRoomKeys,
  encodeMessage,
  frameKind,
  generateIdentity,
  parseRoomLink,
  signerOf,
  verifyEntry,
  webCryptoPort,
  writeBlockHeader,
} from '@shoal/protocol';
import type { Bytes, PeerMessage } from '@shoal/protocol';
import { Mesh } from '@shoal/transport';
import type { Neighbour } from '@shoal/transport';

/** The ways in which a member may misbehave on an open link. */
export type Attack =
  | 'wrong-block'
  | 'truncated'
  | 'unknown-type'
  | 'unknown-frame'
  | 'oversized'
  | 'unasked-block'
  | 'garbage-log';

declare global {
  var evil: {
    join(link: string, attack: Attack): Promise<void>;
    readonly ended: string[];
    readonly served: number;
  };
}

/** A member that keeps to the protocol until it does not: it runs in a page of its own, on real WebRTC. */
async function join(link: string, attack: Attack): Promise<void> {
  const crypto = webCryptoPort(globalThis.crypto);
  const { roomId, signalKey } = await deriveRoomKeys(crypto, parseRoomLink(link));
  const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const log = new RoomLog({ self: signer.peerId });
  const catalogue = new Catalogue();
  const neighbours = new Map<string, Neighbour>();
  const send = (peer: string, message: PeerMessage): void => {
    neighbours.get(peer)?.send(encodeMessage(message));
  };

  const gossip = (event: Parameters<RoomLog['receive']>[0]): void => {
    for (const effect of log.receive(event)) {
      if (effect.type === 'send') send(effect.peer, effect.message);
      if (effect.type === 'check') {
        void verifyEntry(crypto, roomId, effect.entry).then(valid =>
          gossip({ type: 'checked', entry: effect.entry, valid }),
        );
      }
      if (effect.type === 'accepted') {
        for (const change of catalogue.apply(effect.entry)) {
          if (change.type !== 'offer') continue;
          // Claims to have everything, so that it is asked.
          for (const peer of neighbours.keys()) {
            send(peer, { type: 'have-all', offer: change.offer });
            send(peer, { type: 'unchoke' });
            if (attack !== 'wrong-block') neighbours.get(peer)?.send(frameOf(attack));
          }
        }
      }
    }
  };

  const mesh = new Mesh({ url: location.origin, room: roomId, signalKey, signer, crypto });
  mesh.subscribe(event => {
    if (event.type === 'neighbour-joined') {
      neighbours.set(event.neighbour.peer, event.neighbour);
      gossip({ type: 'neighbour-joined', peer: event.neighbour.peer });
      for (const offer of catalogue.offers.keys()) {
        send(event.neighbour.peer, { type: 'have-all', offer });
        send(event.neighbour.peer, { type: 'unchoke' });
      }
    } else if (event.type === 'neighbour-left') {
      neighbours.delete(event.peer);
      state.ended.push(`${event.code}: ${event.text}`);
    } else if (event.type === 'frame' && frameKind(event.frame) === 'control') {
      const message = decodeMessage(event.frame);
      if (message.type === 'log-vector' || message.type === 'log-entries')
        gossip({ type: 'message', peer: event.peer, message });
      if (message.type === 'hash-request') send(event.peer, { ...message, type: 'hash-reject' });
      if (message.type === 'request') {
        for (const [id, , , length] of message.blocks) {
          const frame = new Uint8Array(BLOCK_HEADER_BYTES + length).fill(0x66);
          writeBlockHeader(frame, id);
          neighbours.get(event.peer)?.send(frame);
          state.served++;
        }
      }
    }
  });
  mesh.start();
}

/** Our own link would refuse to send a frame that is too large: this one goes through it, and grows at the channel. */
const STAND_IN = Uint8Array.from([250]);

RTCDataChannel.prototype.send = new Proxy(RTCDataChannel.prototype.send, {
  apply(send, channel, [data]) {
    const grows = data instanceof Uint8Array && data[0] === STAND_IN[0];
    Reflect.apply(send, channel, [grows ? new Uint8Array(MAX_FRAME_BYTES + 1024).fill(1) : data]);
  },
});

function frameOf(attack: Attack): Bytes {
  switch (attack) {
    case 'truncated':
      return encodeMessage({ type: 'ping', id: 7 }).slice(0, -2);
    case 'unknown-type':
      // A message map of one entry: {"type": "frobnicate"}, in MessagePack by hand.
      return Uint8Array.from([1, 0x81, 0xa4, ...ascii('type'), 0xaa, ...ascii('frobnicate')]);
    case 'unknown-frame':
      return Uint8Array.from([9, 1, 2, 3]);
    case 'oversized':
      return STAND_IN;
    case 'garbage-log':
      return encodeMessage({ type: 'log-entries', entries: [new Uint8Array(200).fill(0xc1)] });
    case 'unasked-block':
    case 'wrong-block': {
      const frame = new Uint8Array(BLOCK_HEADER_BYTES + 16_384);
      writeBlockHeader(frame, 4_000_000_000);
      return frame;
    }
  }
}

function ascii(text: string): number[] {
  return [...text].map(letter => letter.charCodeAt(0));
}

const state = { ended: [] as string[], served: 0 };
globalThis.evil = {
  join,
  get ended() {
    return state.ended;
  },
  get served() {
    return state.served;
  },
};
