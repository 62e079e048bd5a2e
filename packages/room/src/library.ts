import {
  Bitfield,
  ProtocolError,
  decodeEntry,
  formatRoomLink,
  locatePiece,
  parseRoomLink,
  peerIdOf,
} from '@shoal/protocol';
import type { Bytes, OfferId, PeerId, RoomId } from '@shoal/protocol';
import { Catalogue } from '@shoal/gossip';
import type { CatalogueOffer } from '@shoal/gossip';
import { openVault, removeRoomBytes } from '@shoal/storage';
import type { OfferSelection, Vault, VaultRoom } from '@shoal/storage';

/** A room that this device remembers, and what it keeps of it. */
export interface KeptRoom {
  readonly room: RoomId;
  readonly link: string;
  /** `unfinished`: something wanted is not all here. `shared`: files were offered from here. `seen`: it was only looked at. */
  readonly state: 'unfinished' | 'complete' | 'shared' | 'seen';
  /** Path of the first file of each offer, newest offer first; empty when nothing is offered. */
  readonly paths: readonly string[];
  /** Files of all offers. */
  readonly files: number;
  /** Bytes that this device keeps. */
  readonly keptBytes: number;
  /** Bytes of what was asked for, and how many of them are here. */
  readonly wantedBytes: number;
  readonly gotBytes: number;
  /** Milliseconds since 1970. */
  readonly lastSeen: number;
}

export interface KeptLog {
  readonly entries: readonly Bytes[];
  readonly bitfields: ReadonlyMap<OfferId, Bytes>;
  readonly selection: readonly OfferSelection[];
  readonly self: PeerId;
}

/** Everything that the vault knows of rooms; unfinished ones first, then those seen last. */
export async function listKeptRooms(serverUrl: string): Promise<KeptRoom[]> {
  const vault = await openVault();
  try {
    const kept = await Promise.all(
      (await vault.rooms()).map(async room => await lookAt(vault, room, serverUrl)),
    );
    return kept
      .filter(room => room !== undefined)
      .sort((a, b) => rank(a) - rank(b) || b.lastSeen - a.lastSeen);
  } finally {
    vault.close();
  }
}

/**
 * Forgets a room and deletes its bytes here; others keep theirs.
 * @throws StorageError 'busy' while it is open in a tab
 */
export async function removeKeptRoom(room: RoomId): Promise<void> {
  // Bytes first: a crash between leaves a room in the list that can be removed again.
  await removeRoomBytes(room);
  const vault = await openVault();
  try {
    await vault.removeRoom(room);
  } finally {
    vault.close();
  }
}

async function lookAt(vault: Vault, { room, secret, lastSeen }: VaultRoom, serverUrl: string) {
  const link = linkOf(serverUrl, secret);
  if (link === undefined) return undefined;
  const [entries, bitfields, selection, identity] = await Promise.all([
    vault.entries(room),
    vault.bitfields(room),
    vault.selection(room),
    vault.identity(room),
  ]);
  const self = peerIdOf(identity.publicKey);
  return { room, link, lastSeen, ...summarise({ entries, bitfields, selection, self }) };
}

/** What a room's log and records add up to. */
export function summarise({
  entries,
  bitfields,
  selection,
  self,
}: KeptLog): Omit<KeptRoom, 'room' | 'link' | 'lastSeen'> {
  const offers = offersOf(entries, self);
  const live = offers.filter(offer => !offer.withdrawn);
  let [keptBytes, wantedBytes, gotBytes] = [0, 0, 0];
  for (const offer of offers) {
    const verified = verifiedBytes(offer, bitfields.get(offer.id));
    keptBytes += verified.reduce((sum, bytes) => sum + bytes, 0);
    const chosen = selection.find(kept => kept.offer === offer.id);
    if (chosen === undefined || offer.withdrawn) continue;
    for (const file of new Set([...chosen.wanted, ...chosen.paused])) {
      wantedBytes += offer.geometry.files[file]?.size ?? 0;
      gotBytes += verified[file] ?? 0;
    }
  }
  return {
    state:
      gotBytes < wantedBytes
        ? 'unfinished'
        : keptBytes > 0
          ? 'complete'
          : live.some(({ author }) => author === self)
            ? 'shared'
            : 'seen',
    paths: live.map(({ geometry }) => geometry.files[0]?.path ?? '').toReversed(),
    files: live.reduce((sum, { geometry }) => sum + geometry.files.length, 0),
    keptBytes,
    wantedBytes,
    gotBytes,
  };
}

function offersOf(entries: readonly Bytes[], self: PeerId): CatalogueOffer[] {
  const catalogue = new Catalogue(self);
  for (const raw of entries) {
    try {
      catalogue.apply(decodeEntry(raw));
    } catch (error) {
      // A damaged record, or one of a version to come: the room itself deals with it.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
  return [...catalogue.offers.values()];
}

/** By file index. */
function verifiedBytes({ geometry }: CatalogueOffer, bytes: Bytes | undefined): number[] {
  const verified = geometry.files.map(() => 0);
  if (bytes === undefined) return verified;
  try {
    for (const piece of Bitfield.fromBytes(geometry.pieceCount, bytes).indices()) {
      const { file, length } = locatePiece(geometry, piece);
      verified[file] = (verified[file] ?? 0) + length;
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return verified;
}

function linkOf(serverUrl: string, secret: string): string | undefined {
  try {
    return formatRoomLink(`${serverUrl}/`, parseRoomLink(secret));
  } catch {
    return undefined;
  }
}

function rank({ state }: KeptRoom): number {
  return ['unfinished', 'complete', 'shared', 'seen'].indexOf(state);
}
