/**
 * What stands between a member and the internet:
 * `open` nothing; `fullcone` a NAT whose port, once open, is open to all; `cone` port-restricted; `symmetric` another
 * port for each target; `udpblock` no UDP; `tls443` TCP to port 443 only.
 */
export type NatKind = (typeof NAT_KINDS)[number];

export const NAT_KINDS = ['open', 'fullcone', 'cone', 'symmetric', 'udpblock', 'tls443'] as const;

/** The router's port towards the internet. */
const WAN = 'wan';

/** nftables rules that make a router behave as `kind`; `host` is the member behind it. */
export function natRules(kind: NatKind, host: string): string {
  switch (kind) {
    case 'open':
      return '';
    case 'fullcone':
      return [masquerade(''), forwardAll(host)].join('\n');
    case 'cone':
      return [GUARD, masquerade(''), firewall('accept')].join('\n');
    case 'symmetric':
      return [GUARD, masquerade('random,fully-random'), firewall('accept')].join('\n');
    case 'udpblock':
      return [GUARD, masquerade(''), firewall('meta l4proto != udp accept')].join('\n');
    case 'tls443':
      return [GUARD, masquerade(''), firewall('tcp dport 443 accept')].join('\n');
  }
}

/**
 * Unasked-for packets from outside die before they are tracked. Else the other side's early check would take the very
 * port that the hole needs, masquerade would move to another one, and a cone NAT would act as a symmetric one.
 */
const GUARD = `table ip guard {
  chain input { type filter hook input priority 0; policy accept; iifname "${WAN}" ct state new drop; }
}`;

function masquerade(how: string): string {
  return `table ip out {
  chain postrouting { type nat hook postrouting priority srcnat; oifname "${WAN}" masquerade ${how}; }
}`;
}

function forwardAll(host: string): string {
  return `table ip in {
  chain prerouting { type nat hook prerouting priority dstnat; iifname "${WAN}" meta l4proto udp dnat to ${host}; }
}`;
}

function firewall(outgoing: string): string {
  return `table ip firewall {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept;
    iifname != "${WAN}" ${outgoing};
  }
}`;
}
