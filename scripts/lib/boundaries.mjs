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

/**
 * @typedef {(file: string, source: string) => readonly string[]} ImportsOf the module specifiers of a source text
 */

/**
 * @param {string} file path from the root, with '/'
 * @param {string} source
 * @param {ImportsOf} importsOf
 * @returns {string[]} what is wrong, one line each
 */
export function violationsIn(file, source, importsOf) {
  const owner = Object.keys(FLOORS).find(folder => file.startsWith(`${folder}/`));
  if (owner === undefined) return [];
  const isPure = PURE.has(owner) && file.startsWith(`${owner}/src/`) && !TEST.test(file);
  const complaints = importsOf(file, source).flatMap(
    specifier => complaintAbout(specifier, file, owner, isPure) ?? [],
  );
  const impure = isPure ? IMPURE_GLOBALS.exec(withoutComments(source)) : null;
  if (impure !== null) complaints.push(`uses ${impure[0]}: ${owner} is pure, take it as a port`);
  return complaints.map(complaint => `${file}: ${complaint}`);
}

function complaintAbout(specifier, file, owner, isPure) {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    if (target.startsWith(`${owner}/`)) return undefined;
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

/** Good enough to keep prose from looking like code; a marker inside a string only hides the rest of that line. */
function withoutComments(source) {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}

/**
 * The specifiers that a real parser finds, and those of workers, which are named by URL.
 * @param {(file: string, source: string) => { module: any, errors: readonly unknown[] }} parseSync the bundler's
 * @returns {ImportsOf}
 */
export function importReader(parseSync) {
  return (file, source) => {
    const { module } = parseSync(file, source);
    const requests = [
      ...module.staticImports.map(item => item.moduleRequest),
      ...module.staticExports.flatMap(item => item.entries.map(entry => entry.moduleRequest)),
      ...module.dynamicImports.map(item => item.moduleRequest),
    ].filter(request => request !== null && request !== undefined);
    const named = requests.map(({ start, end }) => source.slice(start, end).replace(/^['"`]|['"`]$/g, ''));
    const urls = [...source.matchAll(/new URL\(\s*['"`](\.[^'"`]+)['"`],\s*import\.meta\.url/g)].map(
      match => match[1],
    );
    // Other URLs are addresses of files to read, not of code to run.
    return [...new Set([...named, ...urls.filter(url => SOURCE.test(url))])];
  };
}

/**
 * @param {string} root
 * @param {ImportsOf} importsOf
 * @returns {Promise<string[]>} every violation in the workspace
 */
export async function findViolations(root, importsOf) {
  const files = (await Promise.all(Object.keys(FLOORS).map(folder => sourcesUnder(root, folder)))).flat();
  const lists = await Promise.all(
    files.map(async file => violationsIn(file, await readFile(join(root, file), 'utf8'), importsOf)),
  );
  return lists.flat();
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
