import { asRoomId, createEntry, generateIdentity, signerOf, webCryptoPort } from '@shoal/protocol';
import type { Bytes, LogEntry, PeerId } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { GossipDriver } from './gossip-driver.ts';
import { Links } from './links.ts';
import { RoomVault } from './room-vault.ts';
import { Author } from './testing/author.ts';

const ROOM = asRoomId('A'.repeat(22));

type NumberedEntry = Pick<LogEntry, 'raw' | 'seq'>;

/** Keeps what it is given, and says so. */
class RecordingVault extends RoomVault {
  readonly kept: LogEntry[] = [];
  readonly forks: (readonly [PeerId, number, readonly Bytes[]])[] = [];

  constructor() {
    super(undefined, ROOM, false);
  }

  override appendEntry(entry: LogEntry): Promise<void> {
    this.kept.push(entry);
    return Promise.resolve();
  }

  override keepFork(author: PeerId, fromSeq: number, proof: readonly NumberedEntry[]): Promise<void> {
    this.forks.push([author, fromSeq, proof.map(({ raw }) => raw)]);
    return Promise.resolve();
  }
}

async function driver() {
  const signer = signerOf(globalThis.crypto, await generateIdentity(globalThis.crypto));
  const vault = new RecordingVault();
  const nothing = (): void => undefined;
  const gossip = new GossipDriver({
    room: ROOM,
    signer,
    crypto: webCryptoPort(globalThis.crypto),
    links: new Links({ message: nothing, block: nothing }),
    vault,
    handlers: { changed: nothing, forked: nothing, failed: nothing },
  });
  const first = (text: string) => createEntry(signer, ROOM, 0, new Uint8Array(32), { kind: 'text', text });
  return { gossip, vault, first };
}

describe('own entries', () => {
  test('[GL7] what the log refuses is not stored: after a reload it would make a forger of us', async () => {
    const { gossip, vault, first } = await driver();
    gossip.restore([(await first('one')).raw, (await first('another')).raw]);
    vault.kept.length = 0;
    let asked = false;
    const refused = gossip.author({ kind: 'text', text: 'more' }, () => {
      asked = true;
      return Promise.resolve();
    });
    await expect(refused).rejects.toMatchObject({ code: 'author-frozen' });
    expect(asked).toBe(false);
    expect(vault.kept).toEqual([]);
  });

  test('[GL7] nor is what the log has come to refuse since it was signed', async () => {
    const { gossip, vault, first } = await driver();
    const forgotten = await first('said before a crash');
    const refused = gossip.author({ kind: 'text', text: 'more' }, () => {
      gossip.restore([forgotten.raw]);
      return Promise.resolve();
    });
    await expect(refused).rejects.toMatchObject({ code: 'stale-entry' });
    expect(vault.kept).toEqual([]);
    const { seq } = await gossip.author({ kind: 'text', text: 'more' });
    expect(seq).toBe(1);
    expect(vault.kept.map(entry => entry.seq)).toContain(1);
  });
});

test('[GF2] a proof takes the place of what it voids, however often an author forks', async () => {
  const { gossip, vault } = await driver();
  const mallory = await Author.in(ROOM);
  for (let seq = 0; seq < 4; seq += 1) await mallory.say({ kind: 'text', text: 'one' });
  gossip.restore(mallory.entries.map(({ raw }) => raw));
  const proofs = [3, 2, 1].map(seq => [at(mallory.entries, seq), mallory.entries[seq - 1]?.hash] as const);
  for (const [one, prev = new Uint8Array(32)] of proofs) {
    const other = await createEntry(mallory.signer, ROOM, one.seq, prev, { kind: 'text', text: 'two' });
    gossip.restore([other.raw]);
    expect(vault.forks.splice(0)).toEqual([[mallory.signer.peerId, one.seq, [one.raw, other.raw]]]);
  }
  expect(vault.kept).toEqual([]);
});

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}
