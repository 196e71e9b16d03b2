import type { LatencyStep, Quantiles, UsageLatency, UsageLatencyInput } from "@/contract/usage";
import type { LatencyWindow } from "@/contract/words";
import { type LatencyRow, readLatency } from "@/db/queries/usage/read-latency";
import { type ServiceContext, tenantAsked } from "@/server/context";

const MINUTE_MS = 60_000;
const [HOUR, DAY] = [60, 1_440];
/** Some 700 slots each, so that a longer window costs no more to read. */
const WINDOWS: Record<LatencyWindow, { steps: number; stepMinutes: number; slotMinutes: number }> = {
  "24h": { steps: 24, stepMinutes: HOUR, slotMinutes: 2 },
  "7d": { steps: 7, stepMinutes: DAY, slotMinutes: 15 },
  "30d": { steps: 30, stepMinutes: DAY, slotMinutes: HOUR },
};

/** Returns how long a profile's calls took and how they ended, by hour or by day of UTC. */
export async function latencyOfProfile(ctx: ServiceContext, input: UsageLatencyInput): Promise<UsageLatency> {
  const { steps, stepMinutes, slotMinutes } = WINDOWS[input.within];
  const stepMs = stepMinutes * MINUTE_MS;
  const toMs = Date.now();
  const fromMs = Math.floor(toMs / stepMs) * stepMs - (steps - 1) * stepMs;
  const tenantScope = tenantAsked(ctx, input.tenantId);
  const scope = tenantScope && { backendProfile: input.profile, ...tenantScope };
  const rows = scope === null ? [] : await readLatency(ctx.db, scope, { fromMs, toMs, stepMinutes, slotMinutes });
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    stepMinutes,
    items: rows.map(toStep),
  };
}

function toStep({ atMs, firstByteMs, wholeMs, ...counts }: LatencyRow): LatencyStep {
  return {
    at: new Date(atMs).toISOString(),
    ...counts,
    firstByte: toQuantiles(firstByteMs),
    whole: toQuantiles(wholeMs),
  };
}

function toQuantiles(values: (number | null)[] | null): Quantiles | null {
  const [p50Ms, p95Ms] = values ?? [];
  return p50Ms == null || p95Ms == null ? null : { p50Ms, p95Ms };
}
