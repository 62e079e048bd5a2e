import { asRoomId } from '@shoal/protocol';
import type { PeerId } from '@shoal/protocol';
import type { GossipEffect } from '../events.ts';
import type { KeptEntry } from '../kept-entry.ts';
import type { RoomLog } from '../room-log.ts';
import { Author } from './author.ts';
import { fakeSigner, seededRandom } from './fake-crypto.ts';

export const TEST_ROOM = asRoomId('A'.repeat(22));

/** So many authors with different keys, sorted by id; the same ones for the same seed. */
export function authors(count: number, seed = 1): Author[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => new Author(fakeSigner(random), TEST_ROOM)).toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  );
}

/** Sends entries from a neighbour and answers all checks with yes, in order. */
export function deliver(log: RoomLog, peer: PeerId, entries: readonly KeptEntry[]): GossipEffect[] {
  const sent = { type: 'log-entries', entries: entries.map(entry => entry.raw) } as const;
  const effects = [...log.receive({ type: 'message', peer, message: sent })];
  const checks = effects.filter(effect => effect.type === 'check');
  return [...effects, ...checks.flatMap(({ entry }) => log.receive({ type: 'checked', entry, valid: true }))];
}

/** Joins a neighbour and takes its vector. */
export function join(log: RoomLog, peer: PeerId, vector: [PeerId, number][] = []): GossipEffect[] {
  return [
    ...log.receive({ type: 'neighbour-joined', peer }),
    ...log.receive({ type: 'message', peer, message: { type: 'log-vector', vector } }),
  ];
}

/** Seqs of the entries sent to a peer, in order, found by their bytes among `known`. */
export function sentTo(
  peer: PeerId,
  effects: readonly GossipEffect[],
  known: readonly KeptEntry[],
): number[] {
  return effects.flatMap(effect => {
    if (effect.type !== 'send' || effect.peer !== peer || effect.message.type !== 'log-entries') return [];
    return effect.message.entries.map(raw => known.find(entry => sameBytes(entry.raw, raw))?.seq ?? -1);
  });
}

export function typesOf(effects: readonly GossipEffect[]): string[] {
  return effects.map(effect => (effect.type === 'send' ? effect.message.type : effect.type));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
