/** Returns the candidate spelled most like a word; null where none is close. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const typed = word.toLowerCase();
  let best: { candidate: string; far: number } | null = null;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    // Typing the beginning of a word counts like a slip of one letter.
    const far = typed !== "" && known.startsWith(typed) ? 1 : distance(typed, known);
    if (far <= Math.max(1, Math.floor(known.length / 2)) && (best === null || far < best.far))
      best = { candidate, far };
  }
  return best?.candidate ?? null;
}

/** Longer words are not compared: no key or value is that long. */
const COMPARED_MAX = 64;

/** The number of letters that are left out, added, changed or swapped with their neighbour. */
function distance(a: string, b: string): number {
  if (a.length > COMPARED_MAX || b.length > COMPARED_MAX) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const changed = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      let least = Math.min(changed, (last[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        least = Math.min(least, (before[column - 2] ?? 0) + 1);
      next.push(least);
    }
    before = last;
    last = next;
  }
  return last[b.length] ?? 0;
}
