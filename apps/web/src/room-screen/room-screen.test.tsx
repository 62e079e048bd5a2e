import type { FileState, RoomSnapshot } from '@shoal/room';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { FilePickers } from '../drop-zone/file-pickers.tsx';
import { FakeRoom, fakeNeighbour, fakeOffer, fakePeerId, fakeSnapshot } from '../dev/fake-room.ts';
import { FileBlock } from '../files/file-block.tsx';
import { createRoomActions } from '../files/room-actions.ts';
import { Landing } from '../landing/landing.tsx';
import { RoomScreen } from './room-screen.tsx';

// What tests and assistive tools hold on to. Rendered to text: how it behaves is seen by the journeys, in a browser.

const pickers = (
  <FilePickers filesLabel="Add files" folderLabel="Add a folder" look="plain" onChoose={() => {}} />
);

function render(snapshot: Partial<RoomSnapshot>, { gathering = false, created = false } = {}): string {
  const room = new FakeRoom(fakeSnapshot(snapshot));
  return renderToStaticMarkup(
    <RoomScreen
      room={room}
      created={created}
      report={() => {}}
      keep={() => {}}
      notices={null}
      settings={null}
      pickers={pickers}
      gathering={gathering}
    />,
  );
}

const buttons = (markup: string) => [...markup.matchAll(/button-label">([^<]*)</g)].map(match => match[1]);
const rowOf = (markup: string) =>
  markup.slice(markup.indexOf('data-testid="file-row"'), markup.indexOf('</li>'));
const one = (state: FileState, mine = false) =>
  render({
    offers: [fakeOffer({ id: 'o', mine, files: [{ path: 'dir/a "b".txt', state, progress: 0.25 }] })],
  });

test('a second tab of a room says that it keeps nothing', () => {
  const storage = { kind: 'opfs', quota: 10e9, used: 0 } as const;
  expect(render({ storage: { ...storage, keeps: false } })).toContain('open in another tab');
  expect(render({ storage: { ...storage, keeps: true } })).not.toContain('open in another tab');
});

describe('a file row', () => {
  test('tells path, state and progress', () => {
    expect(rowOf(one('downloading'))).toContain(
      'data-path="dir/a &quot;b&quot;.txt" data-state="downloading" data-progress="0.25"',
    );
  });

  test.each<[FileState, string[]]>([
    ['offered', ['Download']],
    ['downloading', ['Pause', 'Cancel']],
    ['paused', ['Resume', 'Cancel']],
    ['failed', ['Download']],
    ['verifying', []],
    ['complete', ['Save']],
    ['seeding', ['Save']],
  ])('%s has the buttons %j', (state, names) => {
    expect(buttons(rowOf(one(state)))).toEqual(names);
  });

  test('says that it was saved where it went into a picked file, and saves it no second time', () => {
    const offer = fakeOffer({ id: 'o', files: [{ path: 'a', state: 'complete', progress: 1 }] });
    const files = offer.files.map(file => ({ ...file, outlet: 'saved' as const }));
    const markup = render({ offers: [{ ...offer, files }] });
    expect(rowOf(markup)).toContain('Complete and saved');
    expect(buttons(markup)).not.toContain('Save');
    expect(buttons(markup)).not.toContain('Save all');
  });

  test.each<[string, FileState, number, number, boolean]>([
    ['too large for the room', 'offered', 100e6, 99e6, true],
    ['held back', 'paused', 100e6, 0, true],
    ['that fits', 'offered', 100e6, 101e6, false],
    ['on its way', 'downloading', 100e6, 0, false],
    ['that is small', 'offered', 1e6, 0, false],
  ])('of a file %s offers to save as it arrives, or does not', (_, state, size, roomLeft, offers) => {
    const [file] = fakeOffer({ id: 'o', files: [{ path: 'a', state, size }] }).files;
    if (file === undefined) throw new Error('no file');
    const actions = {
      ...createRoomActions(
        new FakeRoom(),
        () => {},
        () => {},
      ),
      saveInto: () => {},
    };
    const block = { files: [file], mine: false, inside: '', failures: new Map(), actions, roomLeft };
    expect(
      buttons(renderToStaticMarkup(<FileBlock {...block} deferred={false} />)).includes('Save as it arrives'),
    ).toBe(offers);
  });

  test('of an own file has none', () => {
    expect(buttons(rowOf(one('seeding', true)))).toEqual([]);
  });

  test('shows its failure', () => {
    const offers = [fakeOffer({ id: 'o', files: [{ path: 'a', state: 'failed' }] })];
    const markup = render({
      offers,
      failures: [{ id: 'f', code: 'wrong-bytes', text: 'Bytes are wrong.', file: 'o/0' }],
    });
    expect(rowOf(markup)).toContain('role="alert" data-code="wrong-bytes"');
    expect(markup.match(/role="alert"/g)).toHaveLength(1);
  });
});

describe('a folder', () => {
  const files = (count: number) => Array.from({ length: count }, (_, index) => ({ path: `d/${index}` }));
  const rows = (markup: string) => markup.match(/data-testid="file-row"/g)?.length ?? 0;

  test('of 200 files shows them', () => {
    const markup = render({ offers: [fakeOffer({ id: 'o', files: files(200) })] });
    expect(rows(markup)).toBe(200);
    expect(buttons(markup)).toContain('Hide files');
  });

  test('of more files is one row at first', () => {
    const markup = render({ offers: [fakeOffer({ id: 'o', files: files(201) })] });
    expect(rows(markup)).toBe(0);
    expect(markup).toContain('data-testid="folder-row"');
    expect(buttons(markup)).toContain('Show files');
  });

  test('that is folded still shows the failures of its files', () => {
    const failures = [{ id: 'f', code: 'wrong-bytes', text: 'Bytes are wrong.', file: 'o/7' }];
    const markup = render({ offers: [fakeOffer({ id: 'o', files: files(201) })], failures });
    expect(markup).toContain('data-code="wrong-bytes"');
    expect(markup).toContain('d/7: Bytes are wrong.');
  });
});

test('the room has its link, its people, its connection, and a way to add files', () => {
  const markup = render({ connection: 'offline', neighbours: [fakeNeighbour('p1', { path: 'relay' })] });
  expect(markup).toContain('data-testid="room-link">https://shoal.example/#AAECAwQFBgcICQoLDA0ODw<');
  expect(markup).toContain('data-testid="peer-row" data-peer="p1" data-path="relay"');
  expect(markup).toContain('data-testid="connection-state" data-state="offline"');
  expect(markup).toContain('data-testid="file-input" multiple=""');
  expect(markup).toMatch(/data-testid="folder-input" webkitdirectory=""/);
  expect(buttons(markup)).toContain('Copy link');
});

test('who came with files finds the link above them where all is one column, who came by the link the files', () => {
  const linkFirst = (markup: string) => markup.includes('room-link-first');
  // Nothing is there yet in either case: files come in a moment later.
  expect(linkFirst(render({}, { created: true }))).toBe(true);
  expect(linkFirst(render({}))).toBe(false);
  // A reload of each.
  expect(linkFirst(render({ offers: [fakeOffer({ id: 'o', mine: true, files: [{ path: 'a' }] })] }))).toBe(
    true,
  );
  expect(linkFirst(render({ offers: [fakeOffer({ id: 'o', files: [{ path: 'a' }] })] }))).toBe(false);
});

test('a failure of no file is shown above', () => {
  const markup = render({ failures: [{ id: 'f', code: 'disk-full', text: 'No room.' }] });
  expect(markup).toContain('role="alert" data-code="disk-full"');
});

test('a neighbour’s row says how the link is made', () => {
  const link = { path: 'relay', protocol: 'tls', rttMs: 41.6, connections: 4 } as const;
  const markup = render({ neighbours: [fakeNeighbour('n', link)] });
  for (const words of ['Through a relay', 'TLS', '42 ms', '4 connections']) expect(markup).toContain(words);
  expect(render({ neighbours: [fakeNeighbour('n')] })).not.toContain('connections');
});

test('who is reached only through others is a person of the room, and no alarm', () => {
  const indirect = [{ id: fakePeerId('far'), name: 'Red Fox' }];
  const markup = render({ indirect });
  expect(markup).toContain('data-testid="indirect-row"');
  expect(markup).toContain('Red Fox');
  expect(markup).not.toContain('role="alert"');
  expect(markup).not.toContain('Nobody else is here');
});

test('in a large room those to whom nobody here connects are counted and named as well', () => {
  const further = Array.from({ length: 22 }, (_, at) => ({ id: fakePeerId(`${at}`), name: `Fox ${at}` }));
  const markup = render({ neighbours: [fakeNeighbour('n')], further });
  expect(markup).toContain('>24<');
  expect(markup).toContain('Fox 19');
  expect(markup).not.toContain('Fox 20');
  expect(markup).toContain('and 2 more');
  expect(render({ neighbours: [fakeNeighbour('n')] })).not.toContain('Also here');
});

test('the landing page takes files and folders', () => {
  const markup = renderToStaticMarkup(
    <Landing notices={null} rooms={null} settings={null} pickers={pickers} />,
  );
  expect(markup).toContain('data-testid="file-input"');
  expect(markup).toContain('data-testid="folder-input"');
});

test('whose files are still being read is not told to wait for others', () => {
  expect(render({ offers: [], neighbours: [] })).toContain('somebody who has them');
  expect(render({ offers: [], neighbours: [] }, { gathering: true })).toContain('being read');
});
