import type { Verdict } from '@shoal/transport';
import type { BrowserFinding, StorageFinding } from './device-findings.ts';

type Judgement = Omit<Verdict, 'check' | 'title'>;

const CURRENT = 'A current Chrome, Edge, Firefox or Safari has it.';
/** Bytes free below which the person is told. */
const LITTLE = 1e9;

/** Whether this browser can do it at all. */
export function browserVerdict({ secureContext, webRtc, crypto }: BrowserFinding): Judgement {
  if (!secureContext)
    return {
      state: 'bad',
      value: 'insecure-context',
      code: 'insecure-context',
      text: 'This page did not come over https, so the browser withholds encryption and storage.',
      advice: 'Open it with https. Whoever runs this server has to put a reverse proxy with TLS before it.',
    };
  if (!webRtc)
    return {
      state: 'bad',
      value: 'no-webrtc',
      code: 'webrtc-missing',
      text: 'This browser has no WebRTC, or it is switched off, so it can connect to nobody.',
      advice: `${CURRENT} Look for an extension or a setting that blocks WebRTC.`,
    };
  if (!crypto)
    return {
      state: 'bad',
      value: 'no-crypto',
      code: 'crypto-missing',
      text: 'This browser lacks the encryption that Shoal signs with (Ed25519 in WebCrypto).',
      advice: CURRENT,
    };
  return {
    state: 'ok',
    value: 'ok',
    text: 'WebRTC, WebCrypto and a secure connection to this page are there.',
  };
}

/** Where files go, how much fits, and for how long they stay. */
export function storageVerdict({ kind, remembers, quota, used, persisted }: StorageFinding): Judgement {
  const free = Math.max(0, quota - used);
  const room = quota > 0 ? `${gigabytes(free)} are free for this site.` : 'How much fits is not said.';
  switch (kind) {
    case undefined:
      return {
        state: 'bad',
        value: 'none',
        code: 'storage-failed',
        text: 'No storage could be opened, so no room can be.',
        advice: 'Allow this site to store data, or leave the private window.',
      };
    case 'memory':
      return {
        state: 'warn',
        value: kind,
        text: `Files are kept in memory only: they are gone with the tab, and large ones may not fit. ${room}`,
        advice: 'Leave the private window, or allow this site to store data.',
      };
    case 'indexeddb':
      return {
        state: 'warn',
        value: kind,
        text: `This looks like a private window: files are kept until it is closed. ${room}`,
        advice: 'Save what you want to keep before you close the window, or use an ordinary one.',
      };
    case 'opfs':
      if (!remembers)
        return {
          state: 'warn',
          value: 'not-remembered',
          text: `Files go to disk, but this browser did not open its database: it remembers no room. ${room}`,
          advice:
            'Keep the links of your rooms: with them, what has come is found again. Restarting the browser may help, or clearing the data of this site, which deletes the files too.',
        };
      return {
        state: quota > 0 && free < LITTLE ? 'warn' : 'ok',
        value: kind,
        text: `Files go to disk. ${room} ${
          persisted
            ? 'The browser has promised not to clear them by itself.'
            : 'The browser may clear them when the disk gets full; it is asked not to with the first download.'
        }`,
        ...(quota > 0 && free < LITTLE
          ? { advice: 'Free some space before you download anything large.' }
          : {}),
      };
  }
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.floor(bytes / 1e6)} MB`;
}
