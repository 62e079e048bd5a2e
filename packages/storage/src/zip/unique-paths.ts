/** Gives every path a name of its own: the second `a/b.txt` becomes `a/b (2).txt`. */
export function uniquePaths(paths: readonly string[]): string[] {
  const taken = new Set<string>();
  return paths.map(path => {
    const { stem, extension } = split(path);
    let candidate = path;
    for (let count = 2; taken.has(candidate.normalize()); count += 1)
      candidate = `${stem} (${count})${extension}`;
    taken.add(candidate.normalize());
    return candidate;
  });
}

function split(path: string): { stem: string; extension: string } {
  const dot = path.lastIndexOf('.');
  const start = path.lastIndexOf('/') + 1;
  return dot <= start
    ? { stem: path, extension: '' }
    : { stem: path.slice(0, dot), extension: path.slice(dot) };
}
