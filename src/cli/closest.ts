/** The one of `names` that a person most likely meant by `name`; undefined if none is near. */
export function closest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const edits =
      wanted.length > 2 && candidate.toLowerCase().startsWith(wanted)
        ? 1
        : editDistance(wanted, candidate.toLowerCase());
    if (edits < fewest && edits < Math.max(candidate.length, wanted.length)) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

/** The end of a message about an unknown name: the name that was probably meant, or nothing. */
export function didYouMean(name: string, names: readonly string[], prefix = ''): string {
  const meant = closest(name, names);
  return meant === undefined ? '' : `; did you mean ${prefix}${meant}?`;
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements of single characters. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
