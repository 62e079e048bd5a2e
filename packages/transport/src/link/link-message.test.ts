import { asPeerId, encodeMessage } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import { isLinkMessage } from './link-message.ts';

describe('isLinkMessage', () => {
  test('says yes to what belongs to the link or the mesh', () => {
    const messages = [
      encodeMessage({ type: 'hello', versions: [1], features: [] }),
      encodeMessage({ type: 'goodbye', code: 'leaving', text: 'bye' }),
      encodeMessage({ type: 'ping', id: 7 }),
      encodeMessage({ type: 'pong', id: 7 }),
      encodeMessage({ type: 'peers', added: [], dropped: [] }),
      encodeMessage({ type: 'relay', to: asPeerId('AAAAAAAAAAAAAAAAAAAAAA'), box: new Uint8Array(1) }),
    ];
    expect(messages.map(isLinkMessage)).toEqual(messages.map(() => true));
  });

  test('says no, without decoding, to what does not', () => {
    const messages = [
      encodeMessage({ type: 'choke' }),
      encodeMessage({ type: 'cancel', ids: [1, 2] }),
      encodeMessage({ type: 'log-vector', vector: [] }),
    ];
    expect(messages.map(isLinkMessage)).toEqual([false, false, false]);
  });

  test('says yes when the keys come in another order, so that the decoder decides', () => {
    // {id: 7, type: "ping"}
    const frame = [1, 0x82, 0xa2, 0x69, 0x64, 7, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xa4, 0x70, 0x69, 0x6e, 0x67];
    expect(isLinkMessage(new Uint8Array(frame))).toBe(true);
  });
});
