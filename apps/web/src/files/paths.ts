import type { FileView, OfferView } from '@shoal/room';
import type { IconName } from '../ui/icon.tsx';

/** A path in two parts: the folder with its last `/` (or nothing), and the name. */
export interface SplitPath {
  readonly folder: string;
  readonly name: string;
}

/** @param inside a folder that all paths share, with its `/`, and that need not be said again. */
export function splitPath(path: string, inside = ''): SplitPath {
  const rest = path.startsWith(inside) ? path.slice(inside.length) : path;
  const cut = rest.lastIndexOf('/') + 1;
  return { folder: rest.slice(0, cut), name: rest.slice(cut) };
}

/** The one folder that holds every file, with its `/`; empty when there is none. */
export function commonFolder(files: readonly FileView[]): string {
  const first = files[0]?.path ?? '';
  const folder = first.slice(0, first.indexOf('/') + 1);
  return files.every(file => file.path.startsWith(folder)) ? folder : '';
}

/** What an offer is called: its folder, or its first file. */
export function offerTitle(offer: OfferView): string {
  const folder = commonFolder(offer.files);
  if (folder !== '') return folder.slice(0, -1);
  const first = offer.files[0]?.path ?? '';
  const others = offer.files.length - 1;
  return others > 0 ? `${first} and ${others.toLocaleString('en')} more` : first;
}

const KINDS: readonly (readonly [IconName, string])[] = [
  ['image', 'jpg jpeg png gif webp avif heic heif svg bmp tif tiff raw cr2 nef dng psd'],
  ['video', 'mp4 m4v mov mkv webm avi wmv mpg mpeg ts ogv'],
  ['audio', 'mp3 m4a aac flac wav ogg opus aiff wma mid'],
  ['archive', 'zip 7z rar tar gz tgz bz2 xz zst iso dmg deb rpm apk'],
  ['text', 'pdf txt md doc docx odt rtf xls xlsx ods csv ppt pptx odp epub log tex'],
  ['code', 'js ts tsx jsx mjs py rs go c h cpp java kt rb php sh html css json xml yml yaml toml sql wasm'],
];

const ICON_BY_ENDING: ReadonlyMap<string, IconName> = new Map(
  KINDS.flatMap(([icon, endings]) => endings.split(' ').map(ending => [ending, icon] as const)),
);

/** A picture for the kind of file that a name suggests. */
export function iconFor(name: string): IconName {
  return ICON_BY_ENDING.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? 'file';
}
