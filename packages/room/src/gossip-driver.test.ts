import { asRoomId, createEntry, generateIdentity, signerOf, webCryptoPort } from '@shoal/protocol';
import type { LogEntry } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { GossipDriver } from './gossip-driver.ts';
import { Links } from './links.ts';
import { RoomVault } from './room-vault.ts';

const ROOM = asRoomId('A'.repeat(22));

/** Keeps what it is given, and says so. */
class RecordingVault extends RoomVault {
  readonly kept: LogEntry[] = [];

  constructor() {
    super(undefined, ROOM, false);
  }

  override appendEntry(entry: LogEntry): Promise<void> {
    this.kept.push(entry);
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
