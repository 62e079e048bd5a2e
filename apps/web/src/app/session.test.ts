import { describe, expect, test } from 'vitest';
import { fakeEntry } from '../dev/fake-entry.ts';
import { FakeRoom, fakeSnapshot } from '../dev/fake-room.ts';
import type { DroppedItem } from '../drop-zone/read-entries.ts';
import { Session } from './session.ts';

const chosen = [{ file: new File(['x'], 'x.txt'), path: 'x.txt' }];

/** A page whose rooms open when the test says so. */
function setUp(hash = '') {
  const bar = { hash };
  const opens: {
    readonly link: string | undefined;
    readonly resolve: (room: FakeRoom) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  const session = new Session({
    address: {
      href: () => `https://shoal.example/${bar.hash}`,
      hash: () => bar.hash,
      replaceHash: next => {
        bar.hash = next;
      },
    },
    openRoom: link =>
      new Promise((resolve, reject) => {
        opens.push({ link, resolve, reject });
      }),
  });
  const settle = () => new Promise(resolve => setImmediate(resolve));
  return { bar, opens, session, settle };
}

const folderOf = (entry: FileSystemEntry): DroppedItem => ({
  kind: 'folder',
  entry: entry as FileSystemDirectoryEntry,
  handle: Promise.resolve(undefined),
});

describe('choosing files on the landing page', () => {
  test('makes a room, puts its link in the address bar and shares', async () => {
    const { bar, opens, session } = setUp();
    session.followAddress();
    expect(opens).toHaveLength(0);
    const sharing = session.share(chosen);
    expect(session.getState().phase).toEqual({ kind: 'opening', purpose: 'create' });
    expect(opens[0]?.link).toBeUndefined();
    const room = new FakeRoom();
    opens[0]?.resolve(room);
    await sharing;
    expect(session.getState().phase).toEqual({ kind: 'room', purpose: 'create', room });
    expect(bar.hash).toBe('#AAECAwQFBgcICQoLDA0ODw');
    expect(room.shared).toEqual(chosen);
    session.followAddress();
    expect(opens).toHaveLength(1);
  });

  test('twice in a row makes one room', async () => {
    const { opens, session } = setUp();
    const both = Promise.all([session.share(chosen), session.share(chosen)]);
    expect(opens).toHaveLength(1);
    const room = new FakeRoom();
    opens[0]?.resolve(room);
    await both;
    expect(room.shared).toHaveLength(2);
  });

  test('nothing in a drop is an alert, not a room', async () => {
    const { opens, session } = setUp();
    await session.shareDropped([]);
    expect(opens).toHaveLength(0);
    expect(session.getState().notices).toMatchObject([{ code: 'nothing-to-share' }]);
    expect(session.getState().gathering).toBeUndefined();
  });

  test('of a dropped folder has its link before the last of it is read', async () => {
    const { opens, session, settle } = setUp();
    let read: () => void = () => undefined;
    const handle = new Promise<undefined>(resolve => {
      read = () => resolve(undefined);
    });
    const dropping = session.shareDropped([
      folderOf(fakeEntry('trip', { 'a.txt': 'a' })),
      { kind: 'file', file: new File(['x'], 'x.txt'), handle },
    ]);
    await expect.poll(() => opens.length).toBe(1);
    const room = new FakeRoom();
    opens[0]?.resolve(room);
    await settle();
    expect(session.getState()).toMatchObject({ phase: { kind: 'room' }, gathering: 1 });
    expect(room.shared).toEqual([]);
    read();
    await dropping;
    expect(room.shared.map(({ path }) => path)).toEqual(['trip/a.txt', 'x.txt']);
    expect(opens).toHaveLength(1);
  });

  test('of which a part cannot be read says so in the room', async () => {
    const { opens, session } = setUp();
    const locked = fakeEntry('locked', { 'b.txt': null });
    const dropping = session.shareDropped([
      { kind: 'file', file: new File(['x'], 'x.txt'), handle: Promise.resolve(undefined) },
      folderOf(locked),
    ]);
    await expect.poll(() => opens.length).toBe(1);
    opens[0]?.resolve(new FakeRoom());
    await dropping;
    expect(session.getState()).toMatchObject({
      phase: { kind: 'room' },
      notices: [{ code: 'unreadable-files' }],
    });
  });

  test('what the room refuses is an alert with its code', async () => {
    const { opens, session } = setUp();
    const sharing = session.share(chosen);
    const room = new FakeRoom();
    room.share = () =>
      Promise.reject(Object.assign(new Error('Too many files.'), { code: 'too-many-files' }));
    opens[0]?.resolve(room);
    await sharing;
    expect(session.getState().notices).toMatchObject([{ code: 'too-many-files', text: 'Too many files.' }]);
  });
});

test('what was chosen for a room that did not open is shared when it does, tried again', async () => {
  const { opens, session, settle } = setUp();
  const sharing = session.share(chosen);
  opens[0]?.reject(Object.assign(new Error('no'), { code: 'signaling-refused' }));
  await sharing;
  expect(session.getState().phase.kind).toBe('broken');
  session.retry();
  const room = new FakeRoom();
  await settle();
  opens[1]?.resolve(room);
  await settle();
  expect(room.shared).toEqual(chosen);
  // Once: another room that did not open has nothing of it.
  session.startAnew();
  void session.share([{ file: new File(['y'], 'y.txt'), path: 'y.txt' }]);
  opens[2]?.reject(Object.assign(new Error('no'), { code: 'signaling-refused' }));
  await settle();
  session.retry();
  await settle();
  const later = new FakeRoom();
  opens[3]?.resolve(later);
  await settle();
  expect(later.shared.map(({ path }) => path)).toEqual(['y.txt']);
});

describe('a link', () => {
  test('joins its room', async () => {
    const { opens, session, settle } = setUp('#secret');
    session.followAddress();
    expect(opens[0]?.link).toBe('https://shoal.example/#secret');
    opens[0]?.resolve(new FakeRoom());
    await settle();
    expect(session.getState().phase.kind).toBe('room');
  });

  test('that is bad is told, and starting anew clears it', async () => {
    const { bar, opens, session, settle } = setUp('#bad');
    session.followAddress();
    opens[0]?.reject(Object.assign(new Error('short'), { code: 'bad-link' }));
    await settle();
    expect(session.getState().phase).toMatchObject({ kind: 'broken', failure: { code: 'bad-link' } });
    session.startAnew();
    expect(session.getState().phase.kind).toBe('landing');
    expect(bar.hash).toBe('');
  });

  test('that changes closes the old room and opens the new one', async () => {
    const { bar, opens, session, settle } = setUp('#one');
    session.followAddress();
    const first = new FakeRoom();
    opens[0]?.resolve(first);
    await settle();
    bar.hash = '#two';
    session.followAddress();
    expect(opens[1]?.link).toBe('https://shoal.example/#two');
    const second = new FakeRoom(fakeSnapshot({ link: 'https://shoal.example/#two' }));
    opens[1]?.resolve(second);
    await settle();
    expect(first.closed).toBe(true);
    expect(second.closed).toBe(false);
    expect(session.getState().phase).toEqual({ kind: 'room', purpose: 'join', room: second });
  });

  test('that changes while a room is being opened leaves no room behind', async () => {
    const { bar, opens, session, settle } = setUp('#one');
    session.followAddress();
    bar.hash = '';
    session.followAddress();
    const late = new FakeRoom();
    opens[0]?.resolve(late);
    await settle();
    expect(late.closed).toBe(true);
    expect(session.getState().phase.kind).toBe('landing');
  });

  test('that changes while a drop is being read shares it with nobody', async () => {
    const { bar, opens, session, settle } = setUp('#one');
    session.followAddress();
    const first = new FakeRoom();
    opens[0]?.resolve(first);
    await settle();
    let read: () => void = () => undefined;
    const handle = new Promise<undefined>(resolve => {
      read = () => resolve(undefined);
    });
    const dropping = session.shareDropped([{ kind: 'file', file: new File(['x'], 'x.txt'), handle }]);
    bar.hash = '#two';
    session.followAddress();
    const second = new FakeRoom(fakeSnapshot({ link: 'https://shoal.example/#two' }));
    opens[1]?.resolve(second);
    read();
    await dropping;
    expect([first.shared, second.shared]).toEqual([[], []]);
    expect(session.getState().notices).toMatchObject([{ code: 'gone-elsewhere' }]);
  });

  test('that changes while chosen files are being looked at shares them with nobody', async () => {
    const { bar, opens, session, settle } = setUp('#one');
    session.followAddress();
    const first = new FakeRoom();
    opens[0]?.resolve(first);
    await settle();
    const chosen = new File(['x'], 'x.txt');
    Object.defineProperty(chosen, 'size', {
      get: () => {
        bar.hash = '#two';
        session.followAddress();
        return 1;
      },
    });
    await session.share([{ file: chosen, path: 'x.txt' }]);
    const second = new FakeRoom(fakeSnapshot({ link: 'https://shoal.example/#two' }));
    opens[1]?.resolve(second);
    await settle();
    expect([first.shared, second.shared]).toEqual([[], []]);
    expect(session.getState().notices).toMatchObject([{ code: 'gone-elsewhere' }]);
  });

  test('whose room did not open can be tried again, or left by sharing', async () => {
    const { bar, opens, session, settle } = setUp('#one');
    session.followAddress();
    opens[0]?.reject(new Error('no storage'));
    await settle();
    session.retry();
    expect(opens[1]?.link).toBe('https://shoal.example/#one');
    opens[1]?.reject(new Error('no storage'));
    await settle();
    void session.share(chosen);
    expect(opens[2]?.link).toBeUndefined();
    expect(bar.hash).toBe('');
  });
});

test('an alert said twice is one alert, and can be dismissed', () => {
  const { session } = setUp();
  session.report(new Error('x'));
  session.report(new Error('x'));
  expect(session.getState().notices).toHaveLength(1);
  session.dismiss(session.getState().notices[0]?.id ?? '');
  expect(session.getState().notices).toHaveLength(0);
});
