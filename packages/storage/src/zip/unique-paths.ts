/** Gives every path a name of its own: the second `a/b.txt` becomes `a/b (2).txt`. */
export function uniquePaths(paths: readonly string[]): string[] {
  const taken = new Set<string>();
  return paths.map(path => {
    let candidate = path;
    for (let count = 2; taken.has(candidate.normalize()); count += 1) candidate = nthPath(path, count);
    taken.add(candidate.normalize());
    return candidate;
  });
}

/** The name of the file that comes `count`th under this path: `a/b (2).txt`; the first has the path as it is. */
export function nthPath(path: string, count: number): string {
  if (count === 1) return path;
  const { stem, extension } = split(path);
  return `${stem} (${count})${extension}`;
}

function split(path: string): { stem: string; extension: string } {
  const dot = path.lastIndexOf('.');
  const start = path.lastIndexOf('/') + 1;
  return dot <= start
    ? { stem: path, extension: '' }
    : { stem: path.slice(0, dot), extension: path.slice(dot) };
}
