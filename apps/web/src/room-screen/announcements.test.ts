import { expect, test } from 'vitest';
import { fakeNeighbour, fakeOffer, fakePeerId, fakeSnapshot } from '../dev/fake-room.ts';
import { announcements } from './announcements.ts';
import { sharingHint } from './sharing-hint.ts';

const offer = (state: 'offered' | 'downloading' | 'complete', progress = 0) =>
  fakeOffer({ id: 'o', files: [{ path: 'a.txt', state, progress }] });

test('tells who came and went', () => {
  const before = fakeSnapshot({
    neighbours: [fakeNeighbour('a', { name: 'Ann' }), fakeNeighbour('b', { name: 'Bob' })],
  });
  const after = fakeSnapshot({
    neighbours: [fakeNeighbour('b', { name: 'Bob' }), fakeNeighbour('c', { name: 'Cy' })],
  });
  expect(announcements(before, after)).toEqual(['Cy joined.', 'Ann left.']);
});

test('who is reached through others from now on has not left', () => {
  const near = fakeSnapshot({ neighbours: [fakeNeighbour('a', { name: 'Ann' })] });
  const far = fakeSnapshot({ indirect: [{ id: fakePeerId('a'), name: 'Ann' }] });
  expect(announcements(near, far)).toEqual([]);
  expect(announcements(far, near)).toEqual([]);
  expect(announcements(far, fakeSnapshot())).toEqual(['Ann left.']);
  const further = fakeSnapshot({ further: far.indirect });
  expect(announcements(near, further)).toEqual([]);
  expect(announcements(further, far)).toEqual([]);
  expect(announcements(further, fakeSnapshot())).toEqual(['Ann left.']);
});

test('tells of an offer and of its end, but not of progress', () => {
  const none = fakeSnapshot();
  const offered = fakeSnapshot({ offers: [offer('offered')] });
  const halfway = fakeSnapshot({ offers: [offer('downloading', 0.5)] });
  const complete = fakeSnapshot({ offers: [offer('complete', 1)] });
  expect(announcements(none, offered)).toEqual(['Blue Heron shared a.txt, 1 file.']);
  expect(announcements(offered, halfway)).toEqual([]);
  expect(announcements(halfway, complete)).toEqual(['a.txt is complete.']);
  expect(announcements(complete, fakeSnapshot({ offers: [offer('complete', 1)] }))).toEqual([]);
  expect(announcements(offered, none)).toEqual(['Blue Heron took back a.txt.']);
});

test('tells when all that was wanted of an offer is here', () => {
  const given = (a: 'downloading' | 'complete', b: 'downloading' | 'complete') =>
    fakeSnapshot({
      offers: [
        fakeOffer({
          id: 'o',
          files: [{ path: 'd/a', state: a }, { path: 'd/b', state: b }, { path: 'd/c' }],
        }),
      ],
    });
  const [none, one, both] = [
    given('downloading', 'downloading'),
    given('complete', 'downloading'),
    given('complete', 'complete'),
  ];
  expect(announcements(none, one)).toEqual([]);
  expect(announcements(one, both)).toEqual(['2 of 3 files of d complete.']);
});

test('tells when the server is away, and back', () => {
  const online = fakeSnapshot();
  const offline = fakeSnapshot({ connection: 'offline' });
  expect(announcements(online, offline)).toEqual(['Server away. Running transfers go on.']);
  expect(announcements(offline, online)).toEqual(['Connected.']);
});

test('the hint to keep the tab open is for those who share', () => {
  const own = fakeOffer({ id: 'mine', mine: true, files: [{ path: 'a', state: 'seeding', progress: 1 }] });
  expect(sharingHint(fakeSnapshot({ offers: [offer('complete', 1)] }))).toBeUndefined();
  expect(sharingHint(fakeSnapshot({ offers: [own] }))).toContain('Keep this tab open');
  expect(sharingHint(fakeSnapshot({ offers: [{ ...own, seeds: 1 }] }))).toContain('may close');
  // After a reload one of them is not at hand yet: the other may be nowhere but here.
  const part = fakeOffer({
    id: 'part',
    mine: true,
    files: [
      { path: 'a', state: 'seeding', progress: 1 },
      { path: 'b', state: 'offered', progress: 0 },
    ],
  });
  expect(sharingHint(fakeSnapshot({ offers: [{ ...own, seeds: 1 }, part] }))).toContain('Keep this tab');
  const neighbours = [fakeNeighbour('a', { upRate: 5000 })];
  expect(sharingHint(fakeSnapshot({ offers: [own], neighbours }))).toContain('Somebody is downloading');
});
