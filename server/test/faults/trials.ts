/** The suite tries little of everything; `npm run test:faults` tries much, and as long as that takes. */
export const isLong = process.env.AGENTRUN_FAULTS === "long";

export function trials(counts: { suite: number; long: number }): number {
  return isLong ? counts.long : counts.suite;
}

/** Printed by the run's setup, which makes one unless it is given. */
const SEED = Number(process.env.AGENTRUN_FAULTS_SEED);

/** The same seed and name give the same choices. What the machine makes of them is its own. */
export function dice(name: string): { below(bound: number): number; pick<T>(values: readonly T[]): T } {
  let state = [...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16_777_619), SEED);
  const below = (bound: number): number => {
    // xorshift32, which must not begin at 0.
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

/** Works on all, some at a time: more would only wait for each other's connections. */
export async function inGroups<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (let next = 0; next < items.length; next += atOnce) await Promise.all(items.slice(next, next + atOnce).map(work));
}
