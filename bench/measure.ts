import { performance } from "node:perf_hooks";

/** One way of doing the same work; `once` is what one caller does again and again. */
export type Contender = {
  name: string;
  callers: number;
  unitsPerCall: number;
  once: (caller: number) => Promise<unknown>;
};
export type Measured = { name: string; perSecond: number; p50Ms: number; p99Ms: number };

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);

/**
 * Runs contenders in turn, several rounds, so that a noisy machine is noisy for all of them; the median round counts.
 * The first round of each warms up and is thrown away.
 */
export async function compare(contenders: Contender[]): Promise<Measured[]> {
  const rounds = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) await measure(contender, 0.5);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) rounds.get(contender.name)?.push(await measure(contender, SECONDS));
  }
  return [...rounds.values()].map(medianRound);
}

async function measure(contender: Contender, seconds: number): Promise<Measured> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const callers = Array.from({ length: contender.callers }, async (_, caller) => {
    while (performance.now() < endsAt) {
      const calledAt = performance.now();
      await contender.once(caller);
      latencies.push(performance.now() - calledAt);
    }
  });
  await Promise.all(callers);
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  latencies.sort((left, right) => left - right);
  return {
    name: contender.name,
    perSecond: (latencies.length * contender.unitsPerCall) / tookSeconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

function medianRound(measured: Measured[]): Measured {
  const sorted = [...measured].sort((left, right) => left.perSecond - right.perSecond);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (!median) throw new Error("nothing was measured");
  return median;
}

/** Of sorted numbers. */
export function quantile(sorted: number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** A table of what was measured, with every rate beside that of the one named `base`. */
export function print(title: string, measured: Measured[], base: string): void {
  const baseRate = measured.find(({ name }) => name === base)?.perSecond ?? Number.NaN;
  console.log(`\n${title} (median of ${ROUNDS} rounds of ${SECONDS} s)`);
  for (const { name, perSecond, p50Ms, p99Ms } of measured) {
    const ratio = (perSecond / baseRate).toFixed(2).padStart(7);
    console.log(
      `  ${name.padEnd(44)} ${Math.round(perSecond).toString().padStart(8)}/s ${ratio} x   p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms`,
    );
  }
}
