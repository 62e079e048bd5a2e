import { utf8Length } from '../bytes.ts';
import { MAX_EXTENSION_BYTES, MAX_PATH_BYTES, MAX_PATH_SEGMENTS, MAX_SEGMENT_BYTES } from '../limits.ts';

/**
 * What no name may hold: control characters, line separators, lone surrogates, the colon (drive letters, NTFS streams)
 * and the bidirectional overrides that make `gpj.exe` read as `exe.jpg`. Explicit ranges, so that every version of
 * Unicode agrees and a path that was harmless when signed stays so.
 */
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069:]|\p{Surrogate}/gu;
/** Devices in every folder of Windows, whatever the extension. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;
const NAMELESS = 'unnamed';
/**
 * What nearly all paths are: short, of plain characters, and harmless as they stand. One look instead of ten steps for each segment:
 * an offer of 10,000 files is checked four times on its way, each time at one go.
 */
const PLAIN = /^(?:(?!(?:con|prn|aux|nul|com\d|lpt\d) *(?:[./]|$))[\w .-]*[\w-](?:\/(?=.)|$))+$/i;
/** So short that neither a segment nor the number of them can be too long. */
const PLAIN_LENGTH = Math.min(MAX_SEGMENT_BYTES, 2 * MAX_PATH_SEGMENTS - 1);

/**
 * Makes any text a harmless relative path: segments joined by `/`, none of them empty, `.` or `..`, absolute, longer than 255
 * bytes, or a name that Windows would read otherwise. Idempotent: `safePath(safePath(x)) === safePath(x)`, by which a
 * receiver checks a sender's paths. NFC and NFD forms stay as they are.
 */
export function safePath(raw: string): string {
  return raw.length <= PLAIN_LENGTH && PLAIN.test(raw) ? raw : cleaned(raw);
}

function cleaned(raw: string): string {
  const segments = raw
    .split(/[/\\]/)
    .map(safeSegment)
    .filter(segment => segment !== '');
  const kept: string[] = [];
  let bytes = 0;
  // The end of a path says most, so a path that is too long loses its outer folders.
  for (const segment of segments.toReversed()) {
    bytes += utf8Length(segment) + 1;
    if (kept.length === MAX_PATH_SEGMENTS || bytes - 1 > MAX_PATH_BYTES) break;
    kept.push(segment);
  }
  return kept.length === 0 ? NAMELESS : kept.toReversed().join('/');
}

/** {@link safePath} of each; exact duplicates get ` (2)`, ` (3)`… before the extension. Names that differ by case stay. */
export function safePaths(raw: readonly string[]): string[] {
  const paths = raw.map(safePath);
  const taken = new Set(paths);
  const seen = new Set<string>();
  const nextNumber = new Map<string, number>();
  return paths.map(path => {
    if (!seen.has(path)) {
      seen.add(path);
      return path;
    }
    for (let number = nextNumber.get(path) ?? 2; ; number += 1) {
      // The mark may push a path over the cap of the whole, which makes safePath drop its outer folder.
      const candidate = safePath(numberedPath(path, number));
      if (taken.has(candidate)) continue;
      taken.add(candidate);
      seen.add(candidate);
      nextNumber.set(path, number + 1);
      return candidate;
    }
  });
}

function safeSegment(raw: string): string {
  let segment = raw.replace(FORBIDDEN, '_');
  // Each step can give the other work (a cut name may end in a space), so they repeat until nothing changes.
  for (;;) {
    let next = withoutTail(segment);
    if (RESERVED.test(next)) next = `_${next}`;
    next = shortened(next, '');
    if (next === segment) return segment;
    segment = next;
  }
}

/**
 * Without dots and spaces at the end: Windows drops these silently, so that two names would be one, and `.. ` would be
 * `..`. A loop, because the regular expression for it takes quadratic time on a long run inside a name.
 */
function withoutTail(segment: string): string {
  let end = segment.length;
  while (end > 0 && (segment[end - 1] === '.' || segment[end - 1] === ' ')) end -= 1;
  return segment.slice(0, end);
}

/** Cuts the stem, on a code point boundary, so that stem, mark and extension fit in a segment. */
function shortened(segment: string, mark: string): string {
  if (mark === '' && utf8Length(segment) <= MAX_SEGMENT_BYTES) return segment;
  const extension = extensionOf(segment);
  const room = MAX_SEGMENT_BYTES - utf8Length(extension) - utf8Length(mark);
  let stem = '';
  let bytes = 0;
  for (const character of segment.slice(0, segment.length - extension.length)) {
    bytes += utf8Length(character);
    if (bytes > room) break;
    stem += character;
  }
  return stem + mark + extension;
}

function extensionOf(segment: string): string {
  const dot = segment.lastIndexOf('.');
  const extension = dot > 0 ? segment.slice(dot) : '';
  // What holds a space is the end of a sentence, not an extension.
  return !extension.includes(' ') && utf8Length(extension) <= MAX_EXTENSION_BYTES ? extension : '';
}

/** `a/b (2).txt`: the path with a number before its extension, the name still of at most 255 bytes. */
export function numberedPath(path: string, number: number): string {
  const slash = path.lastIndexOf('/') + 1;
  return path.slice(0, slash) + shortened(path.slice(slash), ` (${String(number)})`);
}
