import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';

/** What each package may import from the workspace: only from floors below it (ARCHITECTURE.md). */
const FLOORS = {
  'packages/protocol': [],
  'packages/gossip': ['protocol'],
  'packages/swarm': ['protocol'],
  'packages/storage': ['protocol', 'gossip', 'swarm'],
  'packages/transport': ['protocol', 'gossip', 'swarm'],
  'packages/room': ['protocol', 'gossip', 'swarm', 'storage', 'transport'],
  'apps/web': ['room'],
  'apps/server': ['protocol'],
  // Journeys play any part, a hostile one too, but drive the product from outside.
  e2e: ['protocol', 'gossip', 'swarm', 'storage', 'transport', 'room'],
};

/** Packages that run anywhere: in a page, a worker, Node and the simulator. */
const PURE = new Set(['packages/protocol', 'packages/gossip', 'packages/swarm']);
/** Time and chance come in as ports there; these would bring them in by the back door. */
const IMPURE_GLOBALS =
  /\b(?:Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|queueMicrotask)\b/;

/** The only file that may touch simple-peer: it is dormant, and may have to be replaced. */
const SIMPLE_PEER_FILE = 'packages/transport/src/peer-connection/simple-peer.ts';

const SOURCE = /\.(?:ts|tsx|mts|js|mjs)$/;
/** Simulators run the parts of several packages; the product sees of each package its index alone. */
const SIMULATOR = /^packages\/[^/]+\/src\/sim\//;
const TEST = /\.test\.tsx?$|\/(?:testing|sim)\//;
const SKIPPED = new Set(['node_modules', 'dist', 'public']);

/** @typedef {{ specifiers: readonly string[], code: string }} Source the modules that it names, and its text without comments */
/** @typedef {(file: string, text: string) => Source} ReadSource */

/**
 * @param {string} file path from the root, with '/'
 * @param {string} text
 * @param {ReadSource} read
 * @returns {string[]} what is wrong, one line each
 */
export function violationsIn(file, text, read) {
  const owner = Object.keys(FLOORS).find(folder => file.startsWith(`${folder}/`));
  if (owner === undefined) return [];
  const isPure = PURE.has(owner) && file.startsWith(`${owner}/src/`) && !TEST.test(file);
  const { specifiers, code } = read(file, text);
  const complaints = specifiers.flatMap(specifier => complaintAbout(specifier, file, owner, isPure) ?? []);
  const impure = isPure ? IMPURE_GLOBALS.exec(code) : null;
  if (impure !== null) complaints.push(`uses ${impure[0]}: ${owner} is pure, take it as a port`);
  return complaints.map(complaint => `${file}: ${complaint}`);
}

function complaintAbout(specifier, file, owner, isPure) {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    if (target.startsWith(`${owner}/`)) {
      const fromProduct = file.startsWith(`${owner}/src/`) && !TEST.test(file);
      return fromProduct && TEST.test(target)
        ? `imports '${specifier}', which is for tests alone`
        : undefined;
    }
    // Where the browser is, and the built server that the journeys start.
    if (owner === 'e2e' && /^(?:scripts|apps\/server\/dist)\//.test(target)) return undefined;
    return `imports '${specifier}', which leaves ${owner}`;
  }
  const neighbour = /^@shoal\/([^/]+)(\/.*)?$/.exec(specifier);
  if (neighbour !== null) {
    const [, name, inner] = neighbour;
    if (inner !== undefined && !SIMULATOR.test(file))
      return `imports '${specifier}': only the index of a package is public`;
    return FLOORS[owner].includes(name) ? undefined : `imports '${specifier}', which ${owner} must not know`;
  }
  if (/^simple-peer(\/|$)/.test(specifier) && file !== SIMPLE_PEER_FILE && !TEST.test(file)) {
    return `imports '${specifier}', which belongs in ${SIMPLE_PEER_FILE}`;
  }
  if (isPure && specifier.startsWith('node:')) return `imports '${specifier}': ${owner} is pure`;
  return undefined;
}

/** Types that are imported where they are named; the parser does not list them. */
const INLINE_TYPE = /\bimport\(\s*['"`]([^'"`]+)['"`]/g;
const REFERENCE = /^\s*\/\/\/\s*<reference\s+(path|types)=["']([^"']+)["']/gm;

/**
 * The specifiers that a real parser finds, those of workers, which are named by URL, and those that only a compiler of types follows.
 * @param {(file: string, text: string) => { module: any, comments: readonly { start: number, end: number }[] }} parseSync the bundler's
 * @returns {ReadSource}
 */
export function sourceReader(parseSync) {
  return (file, text) => {
    const { module, comments } = parseSync(file, text);
    const requests = [
      ...module.staticImports.map(item => item.moduleRequest),
      ...module.staticExports.flatMap(item => item.entries.map(entry => entry.moduleRequest)),
      ...module.dynamicImports.map(item => item.moduleRequest),
    ].filter(request => request !== null && request !== undefined);
    const named = requests.map(({ start, end }) => text.slice(start, end).replace(/^['"`]|['"`]$/g, ''));
    const code = comments.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
    const urls = [...code.matchAll(/new URL\(\s*['"`](\.[^'"`]+)['"`],\s*import\.meta\.url/g)].map(
      match => match[1],
    );
    const types = [...code.matchAll(INLINE_TYPE)].map(match => match[1]);
    const references = [...text.matchAll(REFERENCE)].map(([, kind, name]) =>
      kind === 'types' || name.startsWith('.') ? name : `./${name}`,
    );
    // Other URLs are addresses of files to read, not of code to run.
    const specifiers = new Set([...named, ...urls.filter(url => SOURCE.test(url)), ...types, ...references]);
    return { specifiers: [...specifiers], code };
  };
}

/**
 * @param {string} root
 * @param {ReadSource} read
 * @returns {Promise<string[]>} every violation in the workspace
 */
export async function findViolations(root, read) {
  const files = (await Promise.all(Object.keys(FLOORS).map(folder => sourcesUnder(root, folder)))).flat();
  const lists = await Promise.all(
    files.map(async file => violationsIn(file, await readFile(join(root, file), 'utf8'), read)),
  );
  return [...(await unlistedPackages(root)), ...lists.flat()];
}

/** Of packages without a floor, nothing would be checked. */
async function unlistedPackages(root) {
  const groups = await Promise.all(
    ['packages', 'apps'].map(async group =>
      (await readdir(join(root, group))).map(name => `${group}/${name}`),
    ),
  );
  return groups
    .flat()
    .filter(folder => existsSync(join(root, folder, 'package.json')) && !(folder in FLOORS))
    .map(folder => `${folder}: has no floor in scripts/lib/boundaries.mjs`);
}

async function sourcesUnder(root, folder) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter(entry => entry.isFile() && SOURCE.test(entry.name))
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .split(sep)
        .join('/'),
    )
    .filter(file => !file.split('/').some(segment => SKIPPED.has(segment)))
    .sort();
}
