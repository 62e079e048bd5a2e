import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

/** What is started in the image, and how. */
export interface Image {
  /** The folder that stands for the image's `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
}

interface Stage extends Image {
  workdir: string;
  env: Record<string, string>;
  user: string;
  command: readonly string[];
  healthCheck: readonly string[];
}

/**
 * Does what the Dockerfile of `context` says, with a folder in `dir` for each stage instead of a container: its files come to be on this
 * machine's own Node and from nothing but what the Dockerfile copies. Knows the instructions that ours uses.
 * @returns the last stage
 * @throws Error when a step fails, with what it said, or for an instruction or option that is not known here
 */
export async function followDockerfile(context: string, dir: string): Promise<Image> {
  const ignored = ignoredBy(await readFile(join(context, '.dockerignore'), 'utf8'));
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const [word, rest] of instructionsOf(await readFile(join(context, 'Dockerfile'), 'utf8'))) {
    if (word === 'FROM') {
      const name = / AS (\S+)$/i.exec(rest)?.[1] ?? `stage${stages.size}`;
      stage = emptyStage(join(dir, name));
      stages.set(name, stage);
      await mkdir(stage.root, { recursive: true });
      continue;
    }
    if (stage === undefined) throw new Error(`${word} before FROM`);
    if (word === 'WORKDIR') {
      stage.workdir = rest;
      await mkdir(join(stage.root, rest), { recursive: true });
    } else if (word === 'COPY') {
      const from = /--from=(\S+) /.exec(rest)?.[1];
      const paths = rest.split(' ').filter(part => !/^--(?:from|chown)=/.test(part));
      const other = from === undefined ? undefined : stages.get(from);
      if (from !== undefined && other === undefined) throw new Error(`COPY from an unknown stage ${from}`);
      await copy(stage, paths, other?.root ?? context, other === undefined ? ignored : () => false);
    } else if (word === 'RUN') await runIn(stage, rest);
    else if (word === 'ENV') Object.assign(stage.env, assignments(rest));
    else if (word === 'USER') stage.user = rest;
    else if (word === 'CMD') stage.command = words(rest);
    else if (word === 'HEALTHCHECK') stage.healthCheck = words(rest.replace(/^.*?CMD /, ''));
    else if (word !== 'EXPOSE') throw new Error(`${word} is not known here`);
  }
  if (stage === undefined) throw new Error('a Dockerfile without FROM');
  return stage;
}

function emptyStage(root: string): Stage {
  return { root, workdir: '/', env: {}, user: 'root', command: [], healthCheck: [] };
}

/** Comments left out, continued lines joined. */
function instructionsOf(text: string): (readonly [word: string, rest: string])[] {
  const lines = text.split('\n').filter(line => !line.trimStart().startsWith('#'));
  const whole = lines.join('\n').replaceAll(/\\\n\s*/g, '');
  return whole.split('\n').flatMap(line => {
    const [, word, rest] = /^([A-Z]+) +(.+)$/.exec(line.trim()) ?? [];
    if (line.trim() === '') return [];
    if (word === undefined || rest === undefined) throw new Error(`not an instruction: ${line}`);
    return [[word, rest] as const];
  });
}

function assignments(rest: string): Record<string, string> {
  return Object.fromEntries(
    rest.split(' ').map(part => {
      const [, name, value] = /^(\w+)=(\S+)$/.exec(part) ?? [];
      if (name === undefined || value === undefined) throw new Error(`not an assignment: ${part}`);
      return [name, value];
    }),
  );
}

/** A command in its JSON form, the only one that needs no shell in the image. */
function words(json: string): string[] {
  const parsed: unknown = JSON.parse(json);
  if (!Array.isArray(parsed)) throw new Error(`not a list of words: ${json}`);
  return parsed.map(String);
}

/** Whether a path of the context is left out of it. Knows names, `*` and a leading `**`. */
function ignoredBy(text: string): (path: string) => boolean {
  const patterns = text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, anywhere, rest = ''] = /^(\*\*\/)?(.+)$/.exec(line) ?? [];
      const name = rest.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '[^/]*');
      return new RegExp(`^${anywhere === undefined ? '' : '(?:.*/)?'}${name}(?:/|$)`);
    });
  return path => patterns.some(pattern => pattern.test(path));
}

/** Of a folder its contents are copied, as Docker does. */
async function copy(
  { root, workdir }: Stage,
  paths: readonly string[],
  from: string,
  leftOut: (path: string) => boolean,
): Promise<void> {
  const target = paths.at(-1) ?? '';
  const to = target.startsWith('/') ? join(root, target) : join(root, workdir, target);
  const into = target.endsWith('/') || paths.length > 2;
  for (const path of paths.slice(0, -1)) {
    const source = join(from, path);
    const folder = (await stat(source)).isDirectory();
    await cp(source, folder || !into ? to : join(to, basename(path)), {
      recursive: true,
      verbatimSymlinks: true,
      filter: file => !leftOut(relative(from, file)),
    });
  }
}

/** Absolute paths are the image's. */
async function runIn({ root, workdir, env }: Stage, line: string): Promise<void> {
  const command = line.replaceAll(/(^|\s)\/(?=\w)/g, `$1${root}/`);
  const child = spawn('sh', ['-c', command], {
    cwd: join(root, workdir),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${said.trimEnd()}\n\nRUN ${line}\nended with code ${code}.`);
}
