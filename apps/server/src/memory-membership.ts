import type { JoinOutcome, Membership, MembershipLimits } from './membership.ts';

/** A list for O(1) picking by index, and where each member stands in it for O(1) removal. */
interface Room {
  readonly members: string[];
  readonly positions: Map<string, number>;
}

export interface MemoryMembershipOptions extends MembershipLimits {
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The membership of a single process. */
export class MemoryMembership implements Membership {
  readonly #rooms = new Map<string, Room>();
  readonly #options: MemoryMembershipOptions;

  constructor(options: MemoryMembershipOptions) {
    this.#options = options;
  }

  async join(name: string, address: string): Promise<JoinOutcome> {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      if (this.#rooms.size >= this.#options.maxRooms) return 'too-many-rooms';
      room = { members: [], positions: new Map() };
      this.#rooms.set(name, room);
    }
    if (room.positions.has(address)) return 'joined';
    if (room.members.length >= this.#options.maxRoomMembers) return 'room-full';
    room.positions.set(address, room.members.length);
    room.members.push(address);
    return 'joined';
  }

  async leave(name: string, address: string): Promise<void> {
    const room = this.#rooms.get(name);
    const position = room?.positions.get(address);
    if (room === undefined || position === undefined) return;
    const last = room.members.pop();
    room.positions.delete(address);
    if (last !== undefined && last !== address) {
      room.members[position] = last;
      room.positions.set(last, position);
    }
    if (room.members.length === 0) this.#rooms.delete(name);
  }

  async sample(name: string, limit: number, except: string): Promise<readonly string[]> {
    const room = this.#rooms.get(name);
    if (room === undefined) return [];
    const excluded = room.positions.get(except);
    const candidates = room.members.length - (excluded === undefined ? 0 : 1);
    // A Fisher-Yates shuffle that only writes down the places it moved: costs `limit`, not the size of the room.
    const moved = new Map<number, number>();
    const sample: string[] = [];
    for (let drawn = 0; drawn < Math.min(limit, candidates); drawn += 1) {
      const pick = drawn + Math.floor(this.#options.random() * (candidates - drawn));
      const position = moved.get(pick) ?? pick;
      moved.set(pick, moved.get(drawn) ?? drawn);
      // The last member stands in for the excluded one, so that the candidates are the places 0..candidates-1.
      const member = room.members[position === excluded ? candidates : position];
      if (member !== undefined) sample.push(member);
    }
    return sample;
  }

  async find(name: string, address: string): Promise<boolean> {
    return this.#rooms.get(name)?.positions.has(address) ?? false;
  }

  async size(name: string): Promise<number> {
    return this.#rooms.get(name)?.members.length ?? 0;
  }
}
