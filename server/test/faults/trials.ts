/** The suite tries a little of everything; `npm run test:faults` tries much, however long that takes. */
export const isLong = process.env.AGENTRUN_FAULTS === "long";

export function trials(counts: { suite: number; long: number }): number {
  return isLong ? counts.long : counts.suite;
}

/** Printed by the run's setup, which chooses one unless it is given. */
const SEED = Number(process.env.AGENTRUN_FAULTS_SEED);

/**
 * Makes a source of choices: the same seed and name give the same ones. How the machine then interleaves the work still
 * differs.
 */
export function dice(name: string): { below(bound: number): number; pick<T>(values: readonly T[]): T } {
  let state = [...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16_777_619), SEED);
  const below = (bound: number): number => {
    // xorshift32 must not begin at 0.
    state ||= 1;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  return {
    below,
    pick(values) {
      const picked = values[below(values.length)];
      if (picked === undefined) throw new Error("there is nothing to pick from");
      return picked;
    },
  };
}

/** Works on all items, some at a time: more at once would only wait for connections. */
export async function inGroups<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (let next = 0; next < items.length; next += atOnce) await Promise.all(items.slice(next, next + atOnce).map(work));
}
