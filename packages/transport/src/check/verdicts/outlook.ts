import type { Nat } from './nat.ts';

/** `either`: directly if the routers allow it, else relayed. `maybe`: directly if they allow it, else not at all. */
export type Way = 'direct' | 'relay' | 'either' | 'maybe' | 'no' | 'unknown';

/** People to connect to, by the network they are in. */
export type Others = 'same-network' | 'ordinary' | 'strict' | 'udp-blocked';

export interface Prospect {
  readonly others: Others;
  readonly way: Way;
  readonly title: string;
  readonly text: string;
}

/** The relay may work all the same. */
const UNABLE = 'Not at all, with this page as it is in this browser.';

export interface OutlookFacts {
  readonly nat: Nat;
  /** Data went through it. */
  readonly relayWorks: boolean;
  /** It is offered over TCP or TLS, whether or not we need that. */
  readonly relayOverTcp: boolean;
  /** The person wants to be seen by relays alone. */
  readonly relayOnly: boolean;
  /** The page may use it, and has what else a room needs. */
  readonly webRtc: boolean;
  /** The signaling server told us what there is. */
  readonly told: boolean;
}

const TITLES: Readonly<Record<Others, string>> = {
  'same-network': 'People in your own network',
  ordinary: 'People at home, behind an ordinary router',
  strict: 'People in mobile or company networks (strict router)',
  'udp-blocked': 'People whose network blocks UDP',
};

const TEXTS: Readonly<Record<Way, string>> = {
  direct: 'Directly.',
  relay: 'Through the relay, which may be slower.',
  either: 'Directly if the routers allow it, else through the relay.',
  maybe: 'Only if the routers allow it: there is no working relay to fall back on.',
  no: 'Not at all: not directly, and there is no working relay.',
  unknown: 'Cannot be told without the server.',
};

/** [CK8] What will work with whom. */
export function outlookOf(facts: OutlookFacts): Prospect[] {
  return (['same-network', 'ordinary', 'strict', 'udp-blocked'] as const).map(others => {
    const way = wayTo(others, facts);
    return { others, way, title: TITLES[others], text: facts.webRtc ? TEXTS[way] : UNABLE };
  });
}

function wayTo(others: Others, facts: OutlookFacts): Way {
  const { nat, relayWorks, relayOverTcp, relayOnly, webRtc, told } = facts;
  if (!webRtc) return 'no';
  if (!told) return 'unknown';
  const relayed: Way = relayWorks ? 'relay' : 'no';
  if (others === 'udp-blocked') return relayOverTcp ? relayed : 'no';
  if (relayOnly) return relayed;
  if (others === 'same-network') return 'direct';
  switch (nat.kind) {
    case 'open':
      return 'direct';
    case 'cone':
      return others === 'ordinary' ? 'direct' : relayed;
    case 'symmetric':
    case 'blocked':
      return relayed;
    case 'unknown':
      // Without a word from STUN nobody in another network learns where we are.
      if (nat.why === 'no-server' || nat.why === 'silent') return relayed;
      return relayWorks ? 'either' : 'maybe';
  }
}
