import { fromBase64Url } from '@shoal/protocol';
import type { PeerId } from '@shoal/protocol';

const COLOURS = [
  'Amber',
  'Azure',
  'Coral',
  'Copper',
  'Golden',
  'Green',
  'Indigo',
  'Ivory',
  'Jade',
  'Pearl',
  'Ruby',
  'Sandy',
  'Silver',
  'Teal',
  'Violet',
  'White',
] as const;
const ANIMALS = [
  'Anchovy',
  'Bream',
  'Cod',
  'Dory',
  'Eel',
  'Goby',
  'Haddock',
  'Herring',
  'Mackerel',
  'Marlin',
  'Mullet',
  'Perch',
  'Pilchard',
  'Sardine',
  'Seahorse',
  'Tuna',
] as const;

/** A name for somebody who has not chosen one: the same on every device, since it comes from the id. */
export function defaultName(peer: PeerId): string {
  const [a = 0, b = 0] = fromBase64Url(peer);
  return `${COLOURS[a % COLOURS.length]} ${ANIMALS[b % ANIMALS.length]}`;
}
