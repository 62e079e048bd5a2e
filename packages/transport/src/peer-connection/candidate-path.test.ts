import { describe, expect, test } from 'vitest';
import { pathOf } from './candidate-path.ts';

const report = (local: string, remote: string, extra: object = {}) => [
  { id: 'l', type: 'local-candidate', candidateType: local, protocol: 'udp', relayProtocol: 'tls' },
  { id: 'r', type: 'remote-candidate', candidateType: remote },
  { id: 'other', type: 'candidate-pair', nominated: false, state: 'failed' },
  {
    id: 'p',
    type: 'candidate-pair',
    localCandidateId: 'l',
    remoteCandidateId: 'r',
    currentRoundTripTime: 0.025,
    responsesReceived: 4,
    ...extra,
  },
];

describe('pathOf', () => {
  const transport = { id: 't', type: 'transport', selectedCandidatePairId: 'p' };

  test('two hosts are direct, with the round trip in milliseconds', () => {
    expect(pathOf([transport, ...report('host', 'prflx')])).toEqual({
      path: 'direct',
      protocol: 'udp',
      rttMs: 25,
      checks: 4,
    });
  });

  test.each([
    ['relay', 'srflx'],
    ['host', 'relay'],
  ])('%s to %s is relayed', (local, remote) => {
    expect(pathOf([transport, ...report(local, remote)])).toMatchObject({
      path: 'relay',
      protocol: local === 'relay' ? 'tls' : 'udp',
    });
  });

  test('an engine that names no selected pair: the nominated one counts', () => {
    expect(pathOf(report('relay', 'host', { nominated: true, state: 'succeeded' })).path).toBe('relay');
  });

  test('an empty report is unknown', () => {
    expect(pathOf([])).toEqual({
      path: 'unknown',
      protocol: undefined,
      rttMs: undefined,
      checks: undefined,
    });
  });
});
