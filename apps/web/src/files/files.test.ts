import type { FileState } from '@shoal/room';
import { describe, expect, test } from 'vitest';
import { FakeRoom, fakeNeighbour, fakeOffer, fakeSnapshot } from '../dev/fake-room.ts';
import { commonFolder, iconFor, offerTitle, splitPath } from './paths.ts';
import { createRoomActions, type Saved } from './room-actions.ts';
import {
  fetchingProgress,
  isTransferring,
  offerProgress,
  overallState,
  roomLeft,
  roomOptions,
} from './totals.ts';
import { offerWords } from './words.ts';

const offerOf = (...states: FileState[]) =>
  fakeOffer({
    id: 'o',
    files: states.map((state, index) => ({ path: `f${index}`, state, progress: PROGRESS[state] })),
  });
const PROGRESS = {
  offered: 0,
  downloading: 0.5,
  paused: 0.5,
  verifying: 0.5,
  failed: 0.5,
  complete: 1,
  seeding: 1,
};

describe('totals', () => {
  test('"Download all" while something is not wanted yet, "Save all" once something is here', () => {
    expect(roomOptions([offerOf('offered', 'downloading')])).toEqual({ download: true, save: false });
    expect(roomOptions([offerOf('downloading', 'complete')])).toEqual({ download: false, save: true });
    expect(roomOptions([offerOf('failed', 'seeding')])).toEqual({ download: true, save: true });
  });

  test('the room left is what the browser estimates, unless something waits for it', () => {
    const storage = { kind: 'opfs', keeps: true, quota: 10, used: 4 } as const;
    const full = [{ id: 'f', code: 'disk-full', text: '' }];
    expect(roomLeft(fakeSnapshot({ storage }))).toBe(6);
    expect(roomLeft(fakeSnapshot({ storage, failures: full }))).toBe(0);
    expect(roomLeft(fakeSnapshot({ storage: { ...storage, quota: 0 } }))).toBe(Infinity);
  });

  test('own files are neither to be downloaded nor to be saved', () => {
    const own = fakeOffer({ id: 'o', mine: true, files: [{ path: 'a', state: 'seeding', progress: 1 }] });
    expect(roomOptions([own])).toEqual({ download: false, save: false });
  });

  test('own files whose source is gone are fetched back by their own button only', () => {
    const gone = fakeOffer({
      id: 'o',
      mine: true,
      files: [{ path: 'a' }, { path: 'b', state: 'complete', progress: 1 }],
    });
    expect(roomOptions([gone])).toEqual({ download: false, save: true });
  });

  test('the title counts what is wanted only', () => {
    expect(fetchingProgress([offerOf('offered', 'downloading')])).toBe(0.5);
    expect(fetchingProgress([offerOf('downloading', 'complete')])).toBe(0.75);
    expect(fetchingProgress([offerOf('paused', 'complete')])).toBeUndefined();
  });

  test('an offer of empty files is done when they are here', () => {
    const empty = (state: FileState) => fakeOffer({ id: 'o', files: [{ path: 'e', size: 0, state }] });
    expect(offerProgress(empty('offered'))).toBe(0);
    expect(offerProgress(empty('complete'))).toBe(1);
  });

  test('a folder is as busy as its busiest file', () => {
    expect(overallState(offerOf('complete', 'offered', 'paused', 'downloading'))).toBe('downloading');
    expect(overallState(offerOf('complete', 'offered', 'paused'))).toBe('paused');
    expect(overallState(offerOf('complete', 'complete'))).toBe('complete');
  });

  test('leaving is asked about while bytes flow, in or out', () => {
    expect(isTransferring(fakeSnapshot({ offers: [offerOf('complete', 'paused')] }))).toBe(false);
    const waiting = offerOf('downloading');
    expect(isTransferring(fakeSnapshot({ offers: [waiting] }))).toBe(false);
    expect(isTransferring(fakeSnapshot({ offers: [{ ...waiting, downRate: 5000 }] }))).toBe(true);
    expect(isTransferring(fakeSnapshot({ saving: true }))).toBe(true);
    expect(isTransferring(fakeSnapshot({ neighbours: [fakeNeighbour('p', { upRate: 5000 })] }))).toBe(true);
    // What a meter still reads long after the last byte.
    expect(isTransferring(fakeSnapshot({ neighbours: [fakeNeighbour('p', { upRate: 0.3 })] }))).toBe(false);
  });
});

describe('paths', () => {
  test('the folder that all share is said once', () => {
    const { files } = fakeOffer({ id: 'o', files: [{ path: 'trip/a/1.txt' }, { path: 'trip/2.txt' }] });
    expect(commonFolder(files)).toBe('trip/');
    expect(splitPath('trip/a/1.txt', 'trip/')).toEqual({ folder: 'a/', name: '1.txt' });
  });

  test.each([
    [['trip/a', 'trip/b'], 'trip'],
    [['tri/a', 'trip/b'], 'tri/a and 1 more'],
    [['a', 'b', 'c'], 'a and 2 more'],
    [['only.txt'], 'only.txt'],
  ])('%j is called %s', (paths, title) => {
    expect(offerTitle(fakeOffer({ id: 'o', files: paths.map(path => ({ path })) }))).toBe(title);
  });

  test('icons follow the ending', () => {
    expect(['A.JPG', 'b.tar.gz', 'c.unknown', 'constructor', '.zip'].map(iconFor)).toEqual([
      'image',
      'archive',
      'file',
      'file',
      'archive',
    ]);
  });
});

describe('words for an offer', () => {
  const plain = (words: string[]) => words.join(' | ').replaceAll('\u00a0', ' ');

  test('say how far it is, how fast and how long', () => {
    const running = { ...offerOf('complete', 'downloading'), downRate: 4_200_000, etaSeconds: 130 };
    expect(plain(offerWords(running))).toBe('1 of 2 files complete | 4.2 MB/s | about 2 min left');
  });

  test('say that it waits, when nothing comes', () => {
    expect(plain(offerWords(offerOf('downloading')))).toBe('Waiting for data');
  });

  test('say what the sharer still does, without asking anybody to wait', () => {
    const own = fakeOffer({
      id: 'o',
      mine: true,
      hashed: 0.4,
      files: [{ path: 'a', state: 'seeding', progress: 1 }],
    });
    expect(plain(offerWords(own))).toBe('Fingerprints 40 % – ready to download meanwhile');
    expect(plain(offerWords({ ...own, hashed: 1, seeds: 2 }))).toBe('2 people have all of it');
  });
});

describe('actions', () => {
  function setUp() {
    const offer = offerOf('offered', 'downloading', 'paused', 'complete', 'failed');
    const room = new FakeRoom(fakeSnapshot({ offers: [offer] }));
    const errors: unknown[] = [];
    const kept: Saved[] = [];
    const actions = createRoomActions(
      room,
      error => errors.push(error),
      saved => kept.push(saved),
    );
    return {
      offer,
      room,
      errors,
      kept,
      actions,
      settle: () => new Promise(resolve => setImmediate(resolve)),
    };
  }

  test('on an offer touch only the files they fit', () => {
    const { offer, room, actions } = setUp();
    actions.downloadOffer(offer);
    actions.pauseOffer(offer);
    actions.resumeOffer(offer);
    actions.cancelOffer(offer);
    expect(room.calls).toEqual(['accept o 0,4', 'pause o 1', 'accept o 2', 'cancel o 1,2']);
  });

  test('saving hands the file on', async () => {
    const { offer, kept, actions, settle } = setUp();
    const [file] = offer.files;
    if (file !== undefined) actions.save(file);
    actions.saveAll();
    await settle();
    expect(kept.map(saved => saved.name)).toEqual(['saved.bin', 'shoal.zip']);
  });

  test('where the browser cannot write into folders or files nothing offers it', () => {
    const { saveFolder, saveInto } = setUp().actions;
    expect([saveFolder, saveInto]).toEqual([undefined, undefined]);
  });

  test('what a verb throws or rejects is reported', async () => {
    const { room, errors, actions, settle } = setUp();
    const failure = new Error('x');
    room.acceptAll = () => {
      throw failure;
    };
    room.saveAll = () => Promise.reject(failure);
    actions.downloadAll();
    actions.saveAll();
    await settle();
    expect(errors).toEqual([failure, failure]);
  });
});
