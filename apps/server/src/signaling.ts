import { randomBytes } from 'node:crypto';
import { joinRequest, signalRequest } from '@shoal/protocol';
import type {
  ClientToServerEvents,
  IceReply,
  JoinReply,
  MembersReply,
  ServerToClientEvents,
  SignalReply,
  SignalRequest,
} from '@shoal/protocol';
import type { Logger } from 'pino';
import type { Server, Socket } from 'socket.io';
import type { IceConfig } from './ice-servers.ts';
import { iceGrantFor } from './ice-servers.ts';
import { MemberSocket, refusalCode } from './member-socket.ts';
import type { JoinOutcome, Membership } from './membership.ts';

export type SignalingServer = Server<ClientToServerEvents, ServerToClientEvents>;
type SignalingSocket = Socket<ClientToServerEvents, ServerToClientEvents>;
type Reply = JoinReply | IceReply | MembersReply | SignalReply;
type Ack = (reply: Reply) => void;
type CodeOf<R extends Reply> = Extract<R, { ok: false }>['code'];

export interface SignalingOptions {
  readonly membership: Membership;
  readonly ice: IceConfig;
  readonly log: Logger;
  /** Milliseconds, monotonic: the sockets' allowances. */
  readonly clock: () => number;
  /** Unix milliseconds: the expiry of credentials. */
  readonly now: () => number;
  /** Milliseconds a socket may stay without having joined a room. */
  readonly joinTimeoutMs: number;
}

/** What has happened since the start. Only counts: they name no room, no member, no content. */
export interface SignalingCounts {
  joins: number;
  signals: number;
  refusals: number;
  violations: number;
  evictions: number;
  failures: number;
}

/** Members an answer names: enough that a random graph of them is connected, few enough to dial at once. */
export const SAMPLE_SIZE = 16;

/** The handlers of all signaling events. Boxes are relayed as they are: nothing here can or does look into them. */
export class Signaling {
  readonly counts: SignalingCounts = {
    joins: 0,
    signals: 0,
    refusals: 0,
    violations: 0,
    evictions: 0,
    failures: 0,
  };
  readonly #options: SignalingOptions;
  readonly #members = new Map<string, MemberSocket>();
  /** Connections that have had their socket. */
  readonly #used = new WeakSet<object>();

  constructor(options: SignalingOptions) {
    this.#options = options;
  }

  attach(io: SignalingServer): void {
    io.on('connection', socket => {
      this.#accept(socket);
    });
  }

  #accept(socket: SignalingSocket): void {
    // Socket.IO lets a client leave and come back on one connection, each time with all of its allowances. Ours never does.
    if (this.#used.has(socket.conn)) {
      socket.disconnect(true);
      return;
    }
    this.#used.add(socket.conn);
    const address = randomBytes(16).toString('base64url');
    const member = new MemberSocket(address, this.#options.clock, (from, box) => {
      socket.emit('signal', { from, box });
    });
    socket.conn.on('drain', () => {
      member.drained();
    });
    const joinTimer = setTimeout(() => {
      if (member.phase.name === 'new') socket.disconnect(true);
    }, this.#options.joinTimeoutMs);
    joinTimer.unref();

    socket.on('disconnect', () => {
      clearTimeout(joinTimer);
      this.#guard(socket, this.#leave(member));
    });
    // One door for everything, known or not: the typed listeners would trust the types of what a stranger sends.
    socket.onAny((event: unknown, ...args: unknown[]) => {
      if (socket.connected) this.#guard(socket, this.#receive(socket, member, event, args));
    });
  }

  /** No exception of a handler escapes; the socket it happened on is cut, since its state is unknown. */
  #guard(socket: SignalingSocket, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.counts.failures += 1;
      // The name alone: a message could quote what was received.
      this.#options.log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'handler failed');
      socket.disconnect(true);
    });
  }

  async #receive(socket: SignalingSocket, member: MemberSocket, event: unknown, args: readonly unknown[]) {
    const last = args.at(-1);
    if (typeof last !== 'function') {
      this.#violation(socket, member);
      return;
    }
    const ack: Ack = reply => {
      last(reply);
    };
    const payloads = args.slice(0, -1);
    const code = await this.#dispatch(member, event, payloads, ack);
    if (code === undefined) return;
    ack({ ok: false, code });
    this.counts.refusals += 1;
    if (code === 'bad-request' || code === 'too-large') this.#violation(socket, member);
    else if (!member.toleratesRefusal()) this.#evict(socket);
  }

  /** Answers through `ack`, or gives the code of the refusal. */
  async #dispatch(
    member: MemberSocket,
    event: unknown,
    payloads: readonly unknown[],
    ack: Ack,
  ): Promise<CodeOf<Reply> | undefined> {
    if (event === 'join' && payloads.length === 1) return this.#join(member, payloads[0], ack);
    if (event === 'members' && payloads.length === 0) return this.#sample(member, ack);
    if (event === 'ice' && payloads.length === 0) return this.#ice(member, ack);
    if (event === 'signal' && payloads.length === 1) return this.#signal(member, payloads[0], ack);
    return 'bad-request';
  }

  async #join(member: MemberSocket, payload: unknown, ack: Ack): Promise<CodeOf<JoinReply> | undefined> {
    if (!member.mayJoin()) return 'rate-limited';
    if (member.phase.name !== 'new') return 'bad-request';
    let room: string;
    try {
      room = joinRequest(payload).room;
    } catch (error) {
      return refusalCode(error, ['unsupported-version']);
    }
    const { membership, ice, now } = this.#options;
    member.phase = { name: 'joining' };
    const outcome = await membership.join(room, member.address);
    if (outcome !== 'joined') {
      if (phaseOf(member) === 'joining') member.phase = { name: 'new' };
      return joinRefusal(outcome);
    }
    if (phaseOf(member) === 'gone') {
      await membership.leave(room, member.address);
      return undefined;
    }
    member.phase = { name: 'member', room };
    this.#members.set(member.address, member);
    this.counts.joins += 1;
    const members = await membership.sample(room, SAMPLE_SIZE, member.address);
    ack({ ok: true, address: member.address, members: [...members], ...iceGrantFor(ice, now()) });
    return undefined;
  }

  async #sample(member: MemberSocket, ack: Ack): Promise<CodeOf<MembersReply> | undefined> {
    if (!member.mayListMembers()) return 'rate-limited';
    if (member.phase.name !== 'member') return 'not-joined';
    const members = await this.#options.membership.sample(member.phase.room, SAMPLE_SIZE, member.address);
    ack({ ok: true, members: [...members] });
    return undefined;
  }

  /** Not for members alone: who cannot get into a room wants to know what their network lets through. */
  #ice(member: MemberSocket, ack: Ack): CodeOf<IceReply> | undefined {
    if (!member.mayRenewIce()) return 'rate-limited';
    const { ice, now } = this.#options;
    ack({ ok: true, ...iceGrantFor(ice, now()) });
    return undefined;
  }

  async #signal(member: MemberSocket, payload: unknown, ack: Ack): Promise<CodeOf<SignalReply> | undefined> {
    if (!member.maySignal()) return 'rate-limited';
    if (member.phase.name !== 'member') return 'not-joined';
    let request: SignalRequest;
    try {
      request = signalRequest(payload);
    } catch (error) {
      return refusalCode(error, ['too-large']);
    }
    const { to, box } = request;
    if (!member.maySignalBytes(box.length)) return 'rate-limited';
    const isThere = await this.#options.membership.find(member.phase.room, to);
    // With several processes the receiver may sit at another one: then this is where its box goes to the adapter.
    const receiver = isThere ? this.#members.get(to) : undefined;
    if (receiver === undefined) return 'unknown-member';
    if (!receiver.deliver(member.address, box)) return 'rate-limited';
    this.counts.signals += 1;
    ack({ ok: true });
    return undefined;
  }

  async #leave(member: MemberSocket): Promise<void> {
    const { phase } = member;
    member.phase = { name: 'gone' };
    this.#members.delete(member.address);
    if (phase.name === 'member') await this.#options.membership.leave(phase.room, member.address);
  }

  #violation(socket: SignalingSocket, member: MemberSocket): void {
    this.counts.violations += 1;
    if (!member.toleratesViolation()) this.#evict(socket);
  }

  #evict(socket: SignalingSocket): void {
    this.counts.evictions += 1;
    this.#options.log.warn(
      { evictions: this.counts.evictions },
      'a client that broke the rules was disconnected',
    );
    socket.disconnect(true);
  }
}

/** Reads the phase anew: it may have changed during an await, which the compiler's narrowing does not see. */
function phaseOf(member: MemberSocket) {
  return member.phase.name;
}

function joinRefusal(outcome: Exclude<JoinOutcome, 'joined'>): CodeOf<JoinReply> {
  // Nothing is full from a newcomer's view when the server has too many rooms: it is busy and worth another try.
  return outcome === 'room-full' ? 'room-full' : 'rate-limited';
}
