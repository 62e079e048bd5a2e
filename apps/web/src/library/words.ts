import type { KeptRoom } from '@shoal/room';
import { countOf, formatBytes } from '../format/format.ts';

const DAY_MS = 86_400_000;

/** What a kept room is called: its newest folder or file, and how much more there is. */
export function roomTitle({ paths, files }: KeptRoom): string {
  const [first] = paths;
  if (first === undefined) return 'A room without files';
  const slash = first.indexOf('/');
  if (slash > 0) return first.slice(0, slash);
  return files > 1 ? `${first} and ${(files - 1).toLocaleString('en')} more` : first;
}

/** How far it is, and what it takes on this device. */
export function roomWords(room: KeptRoom, now: number): string[] {
  const words = [];
  if (room.files > 1) words.push(countOf(room.files, 'file'));
  switch (room.state) {
    case 'unfinished':
      words.push(`${formatBytes(room.gotBytes)} of ${formatBytes(room.wantedBytes)} here`);
      break;
    case 'complete':
      words.push(`Complete, ${formatBytes(room.keptBytes)} on this device`);
      break;
    case 'shared':
      words.push('Shared by you');
      break;
    case 'seen':
      words.push('Nothing downloaded');
      break;
  }
  words.push(seenWords(room.lastSeen, now));
  return words;
}

function seenWords(lastSeen: number, now: number): string {
  const days = Math.floor((now - lastSeen) / DAY_MS);
  if (days < 1) return 'opened within a day';
  return `opened ${countOf(days, 'day')} ago`;
}
