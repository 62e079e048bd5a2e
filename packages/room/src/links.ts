import { ProtocolError, decodeMessage, encodeMessage, frameKind, readBlockHeader } from '@shoal/protocol';
import type { Bytes, PeerId, PeerMessage } from '@shoal/protocol';
import type { Neighbour } from '@shoal/transport';

/** What a frame from a neighbour turned out to be. */
export interface LinkHandlers {
  message(peer: PeerId, message: PeerMessage): void;
  /** `frame` is owned by the callee: its buffer may be transferred. */
  block(peer: PeerId, request: number, length: number, frame: Bytes): void;
}

/** The neighbours we have now, and the codec between their frames and typed messages. */
export class Links {
  readonly #neighbours = new Map<PeerId, Neighbour>();
  readonly #handlers: LinkHandlers;

  constructor(handlers: LinkHandlers) {
    this.#handlers = handlers;
  }

  get all(): Iterable<Neighbour> {
    return this.#neighbours.values();
  }

  get(peer: PeerId): Neighbour | undefined {
    return this.#neighbours.get(peer);
  }

  add(neighbour: Neighbour): void {
    this.#neighbours.set(neighbour.peer, neighbour);
  }

  remove(peer: PeerId): void {
    this.#neighbours.delete(peer);
  }

  /** Sends a control message; a neighbour that has just left is not an error. */
  send(peer: PeerId, message: PeerMessage): void {
    this.#neighbours.get(peer)?.send(encodeMessage(message));
  }

  drop(peer: PeerId, code: string, text: string): void {
    this.#neighbours.get(peer)?.close(code, text);
  }

  /** A malformed frame ends that link with a typed error and touches nothing else. */
  receive(peer: PeerId, frame: Bytes): void {
    try {
      if (frameKind(frame) === 'block') {
        const { request, length } = readBlockHeader(frame);
        this.#handlers.block(peer, request, length, frame);
      } else {
        this.#handlers.message(peer, decodeMessage(frame));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.drop(peer, error.code, error.message);
    }
  }
}
