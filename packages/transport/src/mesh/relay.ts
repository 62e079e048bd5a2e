import { encodeMessage, memberAddress, parseMemberAddress } from '@shoal/protocol';
import type { Bytes, MemberAddress, PeerId, PeerMessage, RelayRefusal } from '@shoal/protocol';
import type { Scheduler } from '../scheduler.ts';
import type { SignalOutcome } from '../signaling/signaling.ts';
import type { Neighbour } from './events.ts';
import {
  BOXES_IN,
  BOXES_OUT,
  BOX_BYTES_IN,
  BOX_BYTES_OUT,
  EXCESS_BOXES,
  MAX_WAYS,
} from './neighbour-limits.ts';
import type { PeerExchange } from './peer-exchange.ts';
import { TokenBucket } from './token-bucket.ts';

export type RelayMessage = Extract<PeerMessage, { type: 'relay' | 'relayed' | 'relay-refused' }>;

export interface RelayOptions {
  readonly self: MemberAddress;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  readonly exchange: PeerExchange;
  /** A box for us, handed over by `via`. Nothing of it is believed yet. */
  readonly onBox: (from: string, box: Bytes, via: PeerId) => void;
  /** The neighbour that our boxes to this address went over is not linked to it. */
  readonly onUnknown: (address: string) => void;
  readonly onFlood: (neighbour: Neighbour) => void;
}

interface Meter {
  readonly boxesOut: TokenBucket;
  readonly bytesOut: TokenBucket;
  readonly boxes: TokenBucket;
  readonly bytes: TokenBucket;
  readonly excess: TokenBucket;
}

/**
 * Sealed boxes over a common neighbour: one hop, so that a box never wanders, and one message out for one in. Whoever hands a box on
 * names its own neighbour as the sender, whom it knows by the link; that the box really is that member's is for
 * the seal to say. Keeps no box: what cannot be handed on now is refused.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #meters = new Map<PeerId, Meter>();
  /** Over whom boxes go to an address: one way for all signals of a connection, or they would overtake each other. */
  readonly #ways = new Map<string, PeerId>();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async send(address: string, box: Bytes): Promise<SignalOutcome> {
    const member = parseMemberAddress(address);
    const via = member === undefined ? undefined : this.#way(address, member);
    if (member === undefined || via === undefined) return 'unknown-member';
    if (!this.#mayBurden(via, box)) return 'failed';
    via.send(encodeMessage({ type: 'relay', to: member.peer, box }));
    return 'relayed';
  }

  /** An authentic box came this way: answers go back over it. */
  heard(address: string, via: PeerId): void {
    this.#ways.delete(address);
    this.#ways.set(address, via);
    for (const oldest of this.#ways.keys()) {
      if (this.#ways.size <= MAX_WAYS) break;
      this.#ways.delete(oldest);
    }
  }

  /** This way led nowhere: the next box goes over whom the lot chooses. */
  mistrust(address: string): void {
    this.#ways.delete(address);
  }

  left(peer: PeerId): void {
    this.#meters.delete(peer);
    for (const [address, via] of this.#ways) if (via === peer) this.#ways.delete(address);
  }

  receive(peer: PeerId, message: RelayMessage): void {
    const { exchange, onUnknown } = this.#options;
    const neighbour = exchange.partner(peer);
    if (neighbour === undefined) return;
    if (message.type === 'relay') this.#handOn(neighbour, message.to, message.box);
    else if (message.type === 'relayed') this.#take(neighbour, message);
    else if (message.code === 'unknown-member') {
      exchange.claims.apply(peer, [], [message.to]);
      // Only what went over this neighbour: its word about others' ways counts for nothing.
      for (const [address, via] of this.#ways) {
        if (via === peer && parseMemberAddress(address)?.peer === message.to) onUnknown(address);
      }
    }
  }

  #handOn(from: Neighbour, to: PeerId, box: Bytes): void {
    const { exchange, self } = this.#options;
    if (!this.#admits(from, box)) return;
    const target = to === from.peer ? undefined : exchange.partner(to);
    const seat = exchange.seatOf(from.peer);
    const refuse = (code: RelayRefusal): void => {
      from.send(encodeMessage({ type: 'relay-refused', to, code }));
    };
    const known = to !== self.peer && !exchange.isStale(from.peer, to);
    if (!known || target === undefined || seat === undefined) refuse('unknown-member');
    // Files come first: a box that would have to wait behind them is not worth keeping.
    else if (target.room < box.length || !this.#mayBurden(target, box)) refuse('busy');
    else target.send(encodeMessage({ type: 'relayed', from: from.peer, seat, box }));
  }

  #take(via: Neighbour, { from, seat, box }: Extract<RelayMessage, { type: 'relayed' }>): void {
    const { self, onBox } = this.#options;
    if (!this.#admits(via, box) || from === self.peer || from === via.peer) return;
    onBox(memberAddress({ peer: from, seat }), box, via.peer);
  }

  #mayBurden({ peer }: Neighbour, box: Bytes): boolean {
    const { boxesOut, bytesOut } = this.#meter(peer);
    return boxesOut.take() && bytesOut.take(box.length);
  }

  /** Within the limits? Above them boxes are dropped without a word; too many of those end the link. */
  #admits(neighbour: Neighbour, box: Bytes): boolean {
    const meter = this.#meter(neighbour.peer);
    if (meter.boxes.take() && meter.bytes.take(box.length)) return true;
    if (!meter.excess.take()) this.#options.onFlood(neighbour);
    return false;
  }

  #way(address: string, { peer, seat }: MemberAddress): Neighbour | undefined {
    const { exchange, random } = this.#options;
    const known = this.#ways.get(address);
    const kept = known === undefined ? undefined : exchange.partner(known);
    if (kept !== undefined) return kept;
    const ways = exchange.claims.ways(peer, seat);
    const chosen = ways[Math.floor(random() * ways.length)];
    if (chosen === undefined) return undefined;
    this.heard(address, chosen);
    return exchange.partner(chosen);
  }

  #meter(peer: PeerId): Meter {
    const known = this.#meters.get(peer);
    if (known !== undefined) return known;
    const now = (): number => this.#options.scheduler.now;
    const meter: Meter = {
      boxesOut: new TokenBucket(BOXES_OUT, now),
      bytesOut: new TokenBucket(BOX_BYTES_OUT, now),
      boxes: new TokenBucket(BOXES_IN, now),
      bytes: new TokenBucket(BOX_BYTES_IN, now),
      excess: new TokenBucket(EXCESS_BOXES, now),
    };
    this.#meters.set(peer, meter);
    return meter;
  }
}
