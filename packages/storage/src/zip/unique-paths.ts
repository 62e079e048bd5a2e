import { numberedPath } from '@shoal/protocol';

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
  return count === 1 ? path : numberedPath(path, count);
}
