import type { FileSpan, OfferGeometry } from '@shoal/protocol';

/** What is known of a chosen file without reading it. */
export interface Candidate {
  /** As an offer would name it. */
  readonly path: string;
  readonly size: number;
}

export interface Matches {
  /** File index to index of the chosen file that may be it: of the same size, and most alike by name. */
  readonly alike: ReadonlyMap<number, number>;
  /** Files whose path was chosen, with content of another size. */
  readonly changed: ReadonlyMap<number, number>;
}

/**
 * Guesses which chosen files are which files of an offer; only their content can tell. First by path, then by name and size, then by
 * size alone, so that a file is found again that was renamed or moved.
 * @param missing - file indexes to find
 */
export function matchFiles(
  files: readonly FileSpan[],
  missing: ReadonlySet<number>,
  chosen: readonly Candidate[],
): Matches {
  const alike = new Map<number, number>();
  const changed = new Map<number, number>();
  const byPath = new Map(chosen.map(({ path }, index) => [path, index]));
  const free = new Set(chosen.keys());
  const lost: number[] = [];
  for (const file of missing) {
    const { path, size } = files[file] ?? { path: '', size: -1 };
    const found = byPath.get(path);
    if (found === undefined || !free.delete(found)) {
      // An empty file is like any other: there is nothing to know it by but its path.
      if (size > 0) lost.push(file);
    } else if (chosen[found]?.size === size) alike.set(file, found);
    else changed.set(file, found);
  }
  const left = assign(lost, files, chosen, free, alike, ({ path, size }) => `${size} ${nameOf(path)}`);
  assign(left, files, chosen, free, alike, ({ size }) => `${size}`);
  return { alike, changed };
}

/** Gives each file the first free candidate with the same key; returns those that found none. */
function assign(
  lost: readonly number[],
  files: readonly FileSpan[],
  chosen: readonly Candidate[],
  free: Set<number>,
  alike: Map<number, number>,
  keyOf: (file: Candidate) => string,
): number[] {
  if (lost.length === 0) return [];
  const byKey = new Map<string, number[]>();
  for (const index of free) {
    const candidate = chosen[index];
    if (candidate === undefined) continue;
    const key = keyOf(candidate);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, [index]);
    else group.push(index);
  }
  return lost.filter(file => {
    const span = files[file];
    const found = span === undefined ? undefined : byKey.get(keyOf(span))?.shift();
    if (found === undefined) return true;
    free.delete(found);
    alike.set(file, found);
    return false;
  });
}

/** Pieces of a file compared at once: the first, the last, and some between. */
const SAMPLES_PER_FILE = 8;
/** Pieces compared of an offer at once: the rest is compared when it is served. */
const SAMPLES = 256;

/**
 * Which pieces to compare with their known hashes before files are believed to be those of the offer. A few of each file, of some
 * files chosen at random when there are many.
 */
export function samplePieces(
  geometry: OfferGeometry,
  files: Iterable<number>,
  isKnown: (piece: number) => boolean,
  random: () => number,
): { readonly file: number; readonly piece: number }[] {
  const samples: { file: number; piece: number }[] = [];
  for (const file of shuffled([...files], random)) {
    if (samples.length >= SAMPLES) break;
    const { firstPiece = 0, pieceCount = 0 } = geometry.files[file] ?? {};
    const pieces = new Set([firstPiece, firstPiece + pieceCount - 1]);
    for (let more = 2; more < Math.min(SAMPLES_PER_FILE, pieceCount); more += 1)
      pieces.add(firstPiece + Math.floor(random() * pieceCount));
    for (const piece of pieces) if (pieceCount > 0 && isKnown(piece)) samples.push({ file, piece });
  }
  return samples;
}

function shuffled(list: number[], random: () => number): number[] {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const held = list[at] ?? 0;
    list[at] = list[other] ?? 0;
    list[other] = held;
  }
  return list;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
