import { describe, expect, test } from 'vitest';
import { candidate, gathering, mapping, probe, relayed, TWO_STUN } from '../../testing/check-findings.ts';
import { natOf } from './nat.ts';

const NONE = { gathering: undefined, letsIn: undefined };

describe('[CK3] the kind of NAT', () => {
  test('one outside port for two servers is a cone, two are symmetric', () => {
    expect(natOf(TWO_STUN, mapping([candidate()]))).toEqual({ kind: 'cone' });
    expect(natOf(TWO_STUN, mapping([candidate(), candidate({ port: 6000 })]))).toEqual({ kind: 'symmetric' });
    expect(natOf(TWO_STUN, mapping([candidate(), candidate({ address: '198.51.100.8' })]))).toEqual({
      kind: 'symmetric',
    });
  });

  test('a relay’s view of the socket counts as a server’s', () => {
    const probes = [
      probe('stun', 'udp', 'answered', { host: 'a.test' }),
      probe('turn', 'udp', 'answered', { host: 'b.test' }),
    ];
    expect(natOf(probes, mapping([candidate(), relayed(5000)]))).toEqual({ kind: 'cone' });
    expect(natOf(probes, mapping([candidate(), relayed(7000)]))).toEqual({ kind: 'symmetric' });
    // What a browser withholds, and what is of the other family, says nothing.
    expect(natOf(probes, mapping([candidate(), relayed(0, '0.0.0.0')]))).toEqual({ kind: 'cone' });
    expect(natOf(probes, mapping([candidate(), relayed(7000, '2001:db8::1')]))).toEqual({ kind: 'cone' });
  });

  test('whoever strangers get in to is open, whatever the ports', () => {
    expect(natOf(TWO_STUN, mapping([candidate()], true))).toEqual({ kind: 'open' });
    expect(natOf(TWO_STUN, mapping([candidate()], false))).toEqual({ kind: 'cone' });
  });

  test('answers, and no other address than one’s own, is open', () => {
    const host = candidate({ type: 'host', address: 'x.local' });
    expect(natOf(TWO_STUN, mapping([host]))).toEqual({ kind: 'open' });
    const late = { gathering: gathering([host], { complete: false }), letsIn: false };
    expect(natOf(TWO_STUN, late)).toEqual({ kind: 'unknown', why: 'silent' });
  });

  test('one server cannot tell, and one under two transports is one', () => {
    const one = [probe('stun', 'udp'), probe('turn', 'udp')];
    expect(natOf(one, mapping([candidate()]))).toEqual({ kind: 'unknown', why: 'one-server' });
  });

  test('two networks, each with one outside, are a cone; two sockets behind one address cannot be told apart', () => {
    const other = candidate({ foundation: '2', address: '203.0.113.4', port: 6000 });
    expect(natOf(TWO_STUN, mapping([candidate(), other]))).toEqual({ kind: 'cone' });
    const behindOne = candidate({ foundation: '2', port: 6000 });
    expect(natOf(TWO_STUN, mapping([candidate(), behindOne]))).toEqual({
      kind: 'unknown',
      why: 'several-networks',
    });
  });

  test('without UDP: blocked when TCP gets through, else unknown', () => {
    const silent = probe('stun', 'udp', 'silent');
    expect(natOf([silent, probe('turn', 'tls')], NONE)).toEqual({ kind: 'blocked' });
    expect(natOf([silent, probe('turn', 'tcp', 'refused')], NONE)).toEqual({ kind: 'blocked' });
    expect(natOf([silent, probe('turn', 'tcp', 'silent')], NONE)).toEqual({ kind: 'unknown', why: 'silent' });
    expect(natOf([probe('turn', 'tcp')], NONE)).toEqual({ kind: 'unknown', why: 'no-server' });
    expect(natOf([probe('turn', 'udp', 'refused')], NONE)).toEqual({ kind: 'unknown', why: 'refused' });
    expect(natOf([], NONE)).toEqual({ kind: 'unknown', why: 'no-server' });
  });
});
