"use client";
import { useQuery } from "@tanstack/react-query";
import { useFrames } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";
import { useTRPC } from "@/components/trpc/client";
import { FAILURES_HOURS, runFailures } from "@/components/trpc/lists";
import { cn } from "@/components/ui/class-names";
import { formatPlural, sentence } from "@/components/ui/format";
import { failureWords } from "@/contract/failure-words";
import type { RunStats } from "@/contract/run";
import type { RunFilter } from "./filter";

/** Failures that come together are counted together. */
const REFETCH_WAIT_MS = 2_000;
const COUNTED_MAX = 10_000;

type FailuresProps = { filter: RunFilter; onChange: (change: Partial<RunFilter>) => void };

/** Recent failures of runs and of last turns, by kind; a kind that is pressed is shown alone. */
export function Failures({ filter, onChange }: FailuresProps) {
  const trpc = useTRPC();
  const stats = useQuery(runFailures(trpc)).data;
  const refetch = useThrottledRefetch(REFETCH_WAIT_MS, trpc.runs.stats.pathKey());
  useFrames("run", (run) => {
    if (run.status === "failed" || run.turnFailureKind != null) refetch();
  });
  if (stats === undefined) return <div className="h-9" />;
  if (stats.failed === 0)
    return (
      <p className="flex h-9 items-center text-xs text-ink-3">
        No failed runs or turns in the last {FAILURES_HOURS} hours
      </p>
    );
  const maxCount = Math.max(...stats.byFailureKind.map(({ count }) => count));
  return (
    <section aria-label="Failures" className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
      <h2 className="text-xs text-ink-2">
        {failedWords(stats)} in the last {FAILURES_HOURS} hours
      </h2>
      <ul className="flex flex-wrap gap-1.5">
        {stats.byFailureKind.map(({ failureKind, count }) => (
          <li key={failureKind ?? ""}>
            <Kind
              kind={failureKind}
              count={count}
              share={count / maxCount}
              isOn={failureKind !== null && filter.failure === failureKind}
              onChange={onChange}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** `3 failed runs, 5 failed turns`: a failed turn is that of a run that completed. */
function failedWords({ failed, turnsFailed, isPartial }: RunStats): string {
  if (isPartial) return `More than ${COUNTED_MAX.toLocaleString("en")} failed runs and turns`;
  const runs = failed - turnsFailed;
  const words = [
    ...(runs > 0 ? [formatPlural(runs, "failed run")] : []),
    ...(turnsFailed > 0 ? [formatPlural(turnsFailed, "failed turn")] : []),
  ];
  return words.join(" and ");
}

/** The list then shows what was counted. */
const ONLY: Partial<RunFilter> = {
  ...{ status: null, outcome: "failed", within: FAILURES_HOURS, older: null, since: null, until: null },
  ...{ search: "", profile: null, session: null, task: null },
};

type KindProps = {
  /** null: of old runs that did not say why. */
  kind: string | null;
  count: number;
  share: number;
  isOn: boolean;
  onChange: FailuresProps["onChange"];
};

function Kind({ kind, count, share, isOn, onChange }: KindProps) {
  const words = sentence(failureWords(kind));
  return (
    <button
      type="button"
      aria-pressed={isOn}
      aria-label={`${words}: ${count}, show only these`}
      title={kind ?? undefined}
      disabled={kind === null}
      onClick={() => onChange(isOn ? { failure: null } : { ...ONLY, failure: kind })}
      className={cn(
        "flex h-7 items-center gap-2 rounded-md border px-2 text-xs hover:bg-hover",
        isOn ? "border-accent bg-accent-soft" : "border-line-strong",
      )}
    >
      <span aria-hidden className="flex h-3 w-16 items-center rounded-sm bg-sunken">
        <span className="h-3 min-w-0.5 rounded-sm bg-bad-fill" style={{ width: `${100 * share}%` }} />
      </span>
      {words}
      <span className="font-semibold tabular-nums">{count.toLocaleString("en")}</span>
    </button>
  );
}
