"use client";
import { useQuery } from "@tanstack/react-query";
import { useAskAgain } from "@/components/live/gathered";
import { useFrames } from "@/components/live/provider";
import { useTRPC } from "@/components/trpc/client";
import { FAILURES_HOURS, runFailures } from "@/components/trpc/lists";
import { cn } from "@/components/ui/class-names";
import { formatPlural } from "@/components/ui/format";
import type { RunFilter } from "./filter";

/** Failures that come together are counted together. */
const GATHER_MS = 2_000;
const COUNTED_MAX = 10_000;

type FailuresProps = { filter: RunFilter; onChange: (change: Partial<RunFilter>) => void };

/** What failed of late, by kind; a kind that is pressed is shown alone. */
export function Failures({ filter, onChange }: FailuresProps) {
  const trpc = useTRPC();
  const stats = useQuery(runFailures(trpc)).data;
  const ask = useAskAgain(GATHER_MS, trpc.runs.stats.pathKey());
  useFrames("run", (run) => {
    if (run.status === "failed") ask();
  });
  if (stats === undefined) return <div className="h-9" />;
  if (stats.failed === 0)
    return (
      <p className="flex h-9 items-center text-xs text-ink-3">No run of the last {FAILURES_HOURS} hours failed.</p>
    );
  const most = Math.max(...stats.byFailureKind.map(({ count }) => count));
  const total = stats.isPartial
    ? `More than ${COUNTED_MAX.toLocaleString("en")} runs`
    : formatPlural(stats.failed, "run");
  return (
    <section aria-label="Failures" className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
      <h2 className="text-xs text-ink-2">
        {total} of the last {FAILURES_HOURS} hours failed
      </h2>
      <ul className="flex flex-wrap gap-1.5">
        {stats.byFailureKind.map(({ failureKind, count }) => (
          <li key={failureKind ?? ""}>
            <Kind
              kind={failureKind}
              count={count}
              share={count / most}
              isOn={failureKind !== null && filter.failure === failureKind}
              onChange={onChange}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The list then shows what was counted. */
const ONLY: Partial<RunFilter> = {
  ...{ status: "failed", within: FAILURES_HOURS, older: null, since: null, until: null },
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
  return (
    <button
      type="button"
      aria-pressed={isOn}
      aria-label={`${kind ?? "unknown"}: ${count}, show these alone`}
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
      {kind ?? "unknown"}
      <span className="font-semibold tabular-nums">{count.toLocaleString("en")}</span>
    </button>
  );
}
