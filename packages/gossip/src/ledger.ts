import type { PeerId } from '@shoal/protocol';

/** By author and giver: bytes that the author's receipts say it got from the giver. */
export type Receipts = ReadonlyMap<PeerId, ReadonlyMap<PeerId, number>>;

export interface LedgerInput {
  readonly self: PeerId;
  /** Bytes that I gave each member, as I counted them myself. */
  readonly gave: ReadonlyMap<PeerId, number>;
  /** Bytes, verified, that I got from each member, as I counted them myself. */
  readonly got: ReadonlyMap<PeerId, number>;
  readonly receipts: Receipts;
  /** Whom to judge, and the bytes that each has had of me, for which it is asked to have given. */
  readonly asked: ReadonlyMap<PeerId, number>;
}

/** Who has had so many bytes is asked to have given this part of them. */
export const ASKED_PART = 1 / 128;
/** Who has had less is asked as if it had had so many. */
const ASKED_LEAST_BYTES = 1024 * 1024;
/** Searches for ways of one member: more than one only where small gifts are the only way. */
const SEARCHES = 4;
/** Receipts looked at for one member: breadth first, so that what is near to it is found whatever lies behind. */
const MAX_LOOKS = 100_000;

/** A receipt, with what of it is not yet used up. */
interface Claim {
  readonly author: PeerId;
  readonly giver: PeerId;
  left: number;
}

/**
 * How well each member's giving is vouched for, 0 to 1: the part of what it is asked for that I got of it, or that flows to it, along receipts
 * from those who got to those who gave, out of the voices of all whom I dealt with. A voice weighs what I gave its owner and got of it; nobody speaks for itself. So members
 * who have had less than half of what I gave cannot vouch each other above a half, whatever they sign and however many they are ([GR4] to [GR6]).
 */
export function standings({ self, gave, got, receipts, asked }: LedgerInput): Map<PeerId, number> {
  const voices = new Map<PeerId, number>();
  for (const counts of [gave, got])
    for (const [peer, bytes] of counts) if (peer !== self) voices.set(peer, (voices.get(peer) ?? 0) + bytes);
  let total = 0;
  for (const weight of voices.values()) total += weight;
  const claims = claimsByGiver(receipts, self);
  const standing = new Map<PeerId, number>();
  for (const [peer, had] of asked) {
    const due = Math.max(had, ASKED_LEAST_BYTES) * ASKED_PART;
    const known = got.get(peer) ?? 0;
    const others = total - (voices.get(peer) ?? 0);
    const part = known >= due || others <= 0 ? 0 : due / others;
    standing.set(peer, Math.min(1, (known + (part > 0 ? flow(peer, part, voices, claims) : 0)) / due));
  }
  return standing;
}

/** My own receipts say what I know already, and nobody has to tell me what I gave. */
function claimsByGiver(receipts: Receipts, self: PeerId): Map<PeerId, Claim[]> {
  const claims = new Map<PeerId, Claim[]>();
  for (const [author, givers] of receipts) {
    if (author === self) continue;
    for (const [giver, bytes] of givers) {
      if (giver === self || giver === author) continue;
      const known = claims.get(giver);
      if (known === undefined) claims.set(giver, [{ author, giver, left: bytes }]);
      else known.push({ author, giver, left: bytes });
    }
  }
  return claims;
}

/** Bytes that flow to `target` when each voice sends `part` of its weight. What flowed is used up: one gift does not vouch for two. */
function flow(
  target: PeerId,
  part: number,
  voices: ReadonlyMap<PeerId, number>,
  claims: ReadonlyMap<PeerId, readonly Claim[]>,
): number {
  const silent = new Map(voices);
  silent.delete(target);
  let sum = 0;
  let looks = 0;
  for (let search = 0; search < SEARCHES && silent.size > 0; search += 1) {
    let found = 0;
    const ways = new Map<PeerId, Claim | undefined>([[target, undefined]]);
    // A Map is walked in order of insertion, also what is inserted meanwhile: breadth first.
    for (const [giver] of ways)
      for (const claim of claims.get(giver) ?? []) {
        looks += 1;
        if (looks > MAX_LOOKS) return sum + found;
        if (claim.left <= 0 || ways.has(claim.author)) continue;
        ways.set(claim.author, claim);
        const weight = silent.get(claim.author);
        if (weight === undefined) continue;
        const sent = send(claim.author, weight * part, ways);
        found += sent;
        if (sent >= weight * part) silent.delete(claim.author);
        else silent.set(claim.author, weight - sent / part);
        if (silent.size === 0) return sum + found;
      }
    sum += found;
    if (found === 0) break;
  }
  return sum;
}

/** Uses up as much as all claims on the way from `from` have left. @returns bytes */
function send(from: PeerId, bytes: number, ways: ReadonlyMap<PeerId, Claim | undefined>): number {
  const way: Claim[] = [];
  for (let claim = ways.get(from); claim !== undefined; claim = ways.get(claim.giver)) way.push(claim);
  const sent = Math.min(bytes, ...way.map(({ left }) => left));
  for (const claim of way) claim.left -= sent;
  return sent;
}
