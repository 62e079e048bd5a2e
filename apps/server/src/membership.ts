/**
 * Who is in which room. A port, so that several processes can share one membership (Redis) behind the same server.
 * It owns no sockets and sends nothing. Rooms and addresses are opaque strings, unique per connection.
 */
export interface Membership {
  /** Adds a member. Adding the same address twice is the caller's mistake and changes nothing. */
  join(room: string, address: string): Promise<JoinOutcome>;
  /** Removes a member; a stranger is ignored. A room dies with its last member. */
  leave(room: string, address: string): Promise<void>;
  /** At most `limit` members other than `except`, each as likely as any other, in random order. */
  sample(room: string, limit: number, except: string): Promise<readonly string[]>;
  /** Whether `address` is a member of `room` now. */
  find(room: string, address: string): Promise<boolean>;
  /** Members of a room; 0 for one that does not exist. */
  size(room: string): Promise<number>;
}

export type JoinOutcome = 'joined' | 'room-full' | 'too-many-rooms';

export interface MembershipLimits {
  readonly maxRooms: number;
  readonly maxRoomMembers: number;
}
