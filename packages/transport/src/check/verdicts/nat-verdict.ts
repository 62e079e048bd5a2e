import type { Nat, NatDoubt } from './nat.ts';
import type { Verdict } from './verdict.ts';

const DOUBTS: Readonly<Record<NatDoubt, string>> = {
  'no-server': 'this server names no STUN or TURN server to ask by UDP.',
  silent: 'no STUN or TURN server answered by UDP in time.',
  refused: 'the only server that answered by UDP refused to say how it sees you.',
  'one-server':
    'only one server answered by UDP, and it takes two to see whether your router shows itself the same to both.',
  'several-networks':
    'this device seems to be in several networks behind one address (such as Wi-Fi and cable, or a VPN), or this browser hides which is which.',
};

/** [CK3] What kind of router is between here and the internet, in words. */
export function natVerdict(nat: Nat): Omit<Verdict, 'check' | 'title'> {
  switch (nat.kind) {
    case 'open':
      return {
        state: 'ok',
        value: 'open',
        text: 'Open: there is no router in the way, or one that lets others in. The best there is.',
      };
    case 'cone':
      return {
        state: 'ok',
        value: 'cone',
        text: 'An ordinary router (endpoint-independent mapping, “cone”): it shows you to everyone under one port, so direct connections to most people work.',
      };
    case 'symmetric':
      return {
        state: 'warn',
        value: 'symmetric',
        text: 'A strict router (symmetric): it shows you to everyone under another port, so most connections need the relay.',
        advice:
          'Mobile networks, companies and VPNs often do so. Without the VPN, or in another network, it may be direct and faster.',
      };
    case 'blocked':
      return {
        state: 'warn',
        value: 'udp-blocked',
        text: 'UDP is blocked, so the kind of router does not matter: all goes through the relay.',
      };
    case 'unknown':
      return { state: 'unknown', value: nat.why, text: `Cannot be told: ${DOUBTS[nat.why]}` };
  }
}
