import * as v from 'valibot';
import type { Bytes } from '../bytes.ts';
import { offerIdSchema, peerIdSchema, type OfferId, type PeerId } from '../ids.ts';
import {
  MAX_KIND_LENGTH,
  MAX_NAME_LENGTH,
  MAX_OFFER_FILES,
  MAX_PATH_BYTES,
  MAX_RECEIPT_GIVERS,
  MAX_TEXT_LENGTH,
} from '../limits.ts';
import { geometryOf, isByteCount, isPieceLength, type OfferedFile } from '../manifest/geometry.ts';
import { safePath } from '../manifest/safe-path.ts';
import { byteCountSchema, countSchema, hashSchema, textSchema } from '../schemas.ts';

/** What a member writes into its log. */
export type EntryBody =
  | { readonly kind: 'profile'; readonly name: string; readonly device: string }
  | { readonly kind: 'offer'; readonly pieceLength: number; readonly files: readonly OfferedFile[] }
  /** All hashes of an offer are known, and this is the root over them (32 bytes). */
  | { readonly kind: 'seal'; readonly offer: OfferId; readonly root: Bytes }
  | { readonly kind: 'withdraw'; readonly offer: OfferId }
  | { readonly kind: 'text'; readonly text: string }
  /** I have got so many verified bytes from each of these, counted since I joined the room: a count never falls. */
  | { readonly kind: 'receipt'; readonly givers: readonly (readonly [giver: PeerId, bytes: number])[] };

/** What a later version wrote. The entry is kept and passed on all the same: the next ones build upon it, and others can read it. */
export interface UnknownBody {
  readonly kind: 'unknown';
}

/** Files are tuples on the wire: with 10,000 of them the names of the fields would outweigh the paths. */
const filesSchema = v.pipe(
  v.array(v.unknown()),
  v.minLength(1),
  v.maxLength(MAX_OFFER_FILES),
  // By hand: schemas of the parts of each would take most of the time in which a page reads an offer of 10,000.
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const files: OfferedFile[] = [];
    for (const raw of dataset.value) {
      const file = fileOf(raw);
      if (file === undefined) {
        addIssue();
        return NEVER;
      }
      files.push(file);
    }
    return files;
  }),
);

const offerSchema = v.pipe(
  v.strictObject({
    kind: v.literal('offer'),
    pieceLength: v.pipe(v.number(), v.check(isPieceLength)),
    files: filesSchema,
  }),
  v.check(({ files }) => new Set(files.map(({ path }) => path)).size === files.length),
  v.check(({ pieceLength, files }) => hasGeometry(pieceLength, files)),
);

const receiptSchema = v.pipe(
  v.strictObject({
    kind: v.literal('receipt'),
    givers: v.pipe(
      v.array(v.strictTuple([peerIdSchema, v.pipe(byteCountSchema, v.minValue(1))])),
      v.minLength(1),
      v.maxLength(MAX_RECEIPT_GIVERS),
    ),
  }),
  v.check(({ givers }) => new Set(givers.map(([giver]) => giver)).size === givers.length),
);

const knownSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('profile'),
    name: textSchema(MAX_NAME_LENGTH),
    device: textSchema(MAX_NAME_LENGTH),
  }),
  offerSchema,
  v.strictObject({ kind: v.literal('seal'), offer: offerIdSchema, root: hashSchema }),
  v.strictObject({ kind: v.literal('withdraw'), offer: offerIdSchema }),
  v.strictObject({ kind: v.literal('text'), text: textSchema(MAX_TEXT_LENGTH) }),
  receiptSchema,
]);

const KNOWN: ReadonlySet<string> = new Set(knownSchema.options.map(({ entries }) => entries.kind.literal));

/** What else it holds is for others to judge; the cap on an entry's bytes holds for it too. */
const unknownSchema = v.pipe(
  v.looseObject({
    kind: v.pipe(
      textSchema(MAX_KIND_LENGTH),
      v.minLength(1),
      v.check(kind => !KNOWN.has(kind)),
    ),
  }),
  v.transform((): UnknownBody => ({ kind: 'unknown' })),
);

export const entryBodySchema = v.union([knownSchema, unknownSchema]);

export const seqSchema = countSchema(Number.MAX_SAFE_INTEGER);

/** The plain data of a body as it is encoded. */
export function wireBody(body: EntryBody): unknown {
  if (body.kind !== 'offer') return body;
  return {
    kind: body.kind,
    pieceLength: body.pieceLength,
    files: body.files.map(({ path, size, modified }) =>
      modified === undefined ? [path, size] : [path, size, modified],
    ),
  };
}

/** `[path, size]` or `[path, size, modified]`; a path only in the harmless form, so that no receiver ever has to decide what to do with another. */
function fileOf(raw: unknown): OfferedFile | undefined {
  if (!Array.isArray(raw) || raw.length < 2 || raw.length > 3) return undefined;
  const [path, size, modified]: readonly unknown[] = raw;
  // Its length first: a path of a megabyte is not worth cleaning.
  if (typeof path !== 'string' || path.length > MAX_PATH_BYTES || safePath(path) !== path) return undefined;
  if (!isByteCount(size)) return undefined;
  if (raw.length === 2) return { path, size };
  return isByteCount(modified) ? { path, size, modified } : undefined;
}

function hasGeometry(pieceLength: number, files: readonly OfferedFile[]): boolean {
  try {
    geometryOf(pieceLength, files);
    return true;
  } catch {
    return false;
  }
}
