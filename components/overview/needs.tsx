"use client";
import {
  ArrowRight,
  CalendarX,
  GitMerge,
  Hand,
  HardDrive,
  type LucideIcon,
  OctagonPause,
  OctagonX,
  PiggyBank,
  Repeat,
  Timer,
  TriangleAlert,
  Unplug,
} from "lucide-react";
import Link from "next/link";
import { useMemo, useState } from "react";
import { useMovedGuard } from "@/components/approvals/use-moved-guard";
import { useFreshRows } from "@/components/live/fresh-rows";
import { Fix } from "@/components/queue/task/fix";
import {
  BUDGETS_ADDRESS,
  budgetAddress,
  runAddress,
  SCHEDULES_ADDRESS,
  scheduleAddress,
  sessionAddress,
  storageAddress,
  taskAddress,
  WEBHOOKS_ADDRESS,
  webhookAddress,
} from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { rowInFocus } from "@/components/shell/list-keys";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button, buttonStyle } from "@/components/ui/button";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ShowAll } from "@/components/ui/list/show-all";
import { Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time/time";
import type { Need, NeedCount, NeedKind } from "@/contract/overview";
import { type CutKind, countOf, cutKinds, needRows } from "./need-rows";

/** More than these, and the rest is asked for. */
const NEEDS_SHOWN = 8;
type KindStyle = {
  icon: LucideIcon;
  word: string;
  fix: string;
  href: (need: Need) => string;
  /** Where all of its kind are listed. */
  all: string;
};
/** What is done about these at a press, without going anywhere. */
const FIXED_HERE: readonly NeedKind[] = ["parked", "dependency-failed", "paused", "dead-letter"];
const FIX_KEYS = [{ keys: "f", name: "Fix the focused row", run: fixRow }];

function fixRow(): void {
  rowInFocus()?.querySelector<HTMLElement>("[data-fix]")?.click();
}

const runOf = ({ runId, sessionId }: Need) =>
  sessionId === null ? runAddress(runId ?? "") : sessionAddress(sessionId);
const taskOf = ({ taskId }: Need) => (taskId === null ? "/queue" : taskAddress(taskId));
const budgetOf = ({ budgetId }: Need) => (budgetId === null ? BUDGETS_ADDRESS : budgetAddress(budgetId));

/** Each kind as an icon and a word, with the place where it is mended. */
const KIND_STYLES: Record<NeedKind, KindStyle> = {
  "worker-away": { icon: Unplug, word: "Worker away", fix: "Open", href: () => "/status", all: "/status" },
  "loop-stopped": { icon: TriangleAlert, word: "Loop stopped", fix: "Open", href: () => "/status", all: "/status" },
  approval: { icon: Hand, word: "Approval", fix: "Decide", href: runOf, all: "/approvals" },
  fencing: {
    icon: Unplug,
    word: "Runner unconfirmed",
    fix: "Open",
    href: ({ runId }) => runAddress(runId ?? ""),
    all: "/runs?status=claimed",
  },
  stuck: { icon: Timer, word: "No output", fix: "Open", href: runOf, all: "/sessions?state=needs-me" },
  flapping: {
    icon: Repeat,
    word: "Runner keeps crashing",
    fix: "Open",
    href: ({ runId }) => runAddress(runId ?? ""),
    all: "/runs?status=claimed",
  },
  "session-evicted": {
    icon: TriangleAlert,
    word: "Volume evicted",
    fix: "Restore",
    href: ({ sessionId }) => storageAddress(sessionId ?? ""),
    all: "/queue?state=pending",
  },
  parked: { icon: Hand, word: "Parked", fix: "Retry", href: taskOf, all: "/queue?parked=true" },
  "dependency-failed": {
    icon: GitMerge,
    word: "Blocks a task",
    fix: "Retry",
    href: taskOf,
    all: "/queue?state=pending",
  },
  paused: { icon: OctagonPause, word: "Paused", fix: "Resume", href: () => "/queue", all: "/queue" },
  "dead-letter": { icon: OctagonX, word: "No retries left", fix: "Retry", href: taskOf, all: "/queue?state=failed" },
  "failed-session": { icon: OctagonX, word: "Failed", fix: "Open", href: runOf, all: "/sessions?state=needs-me" },
  "volume-full": {
    icon: HardDrive,
    word: "Volume nearly full",
    fix: "Open",
    href: ({ sessionId }) => storageAddress(sessionId ?? ""),
    all: "/storage?sort=sizeBytes",
  },
  "gc-stopped": {
    icon: TriangleAlert,
    word: "Cleanup stopped",
    fix: "Open",
    href: () => "/storage?view=clean-up",
    all: "/storage?view=clean-up",
  },
  "webhook-disabled": {
    icon: Unplug,
    word: "Webhook disabled",
    fix: "Open",
    href: ({ webhookId }) => (webhookId === null ? WEBHOOKS_ADDRESS : webhookAddress(webhookId)),
    all: WEBHOOKS_ADDRESS,
  },
  "webhook-failing": {
    icon: Unplug,
    word: "Webhook failing",
    fix: "Open",
    href: ({ webhookId }) => (webhookId === null ? WEBHOOKS_ADDRESS : webhookAddress(webhookId)),
    all: WEBHOOKS_ADDRESS,
  },
  "budget-reached": {
    icon: PiggyBank,
    word: "Budget reached",
    fix: "Raise",
    href: budgetOf,
    all: BUDGETS_ADDRESS,
  },
  "budget-near": {
    icon: PiggyBank,
    word: "Budget near its limit",
    fix: "Open",
    href: budgetOf,
    all: BUDGETS_ADDRESS,
  },
  "schedule-failing": {
    icon: CalendarX,
    word: "Schedule failing",
    fix: "Open",
    href: ({ scheduleId }) => (scheduleId === null ? SCHEDULES_ADDRESS : scheduleAddress(scheduleId)),
    all: SCHEDULES_ADDRESS,
  },
};

type NeedsProps = { needs: readonly Need[]; counts: readonly NeedCount[]; readAt: string };

/**
 * What goes on only when a person does something, the most pressing first; `j` and `k` move, Enter goes there, `f` does
 * what is offered. What comes meanwhile waits behind a button, so that nothing moves under a hand.
 */
export function Needs({ needs, counts, readAt }: NeedsProps) {
  const [isWhole, setIsWhole] = useState(false);
  // Approvals stand above, each with its answers. What is drawn around it is drawn again with every session that changes.
  const rows = useMemo(() => needRows(needs.filter(isBelow), readAt), [needs, readAt]);
  const countsBelow = counts.filter(isBelow);
  const freshRows = useFreshRows(rows, "");
  const seenRows = rows.filter((row) => !freshRows.freshRows.includes(row));
  const shown = isWhole ? seenRows : seenRows.slice(0, NEEDS_SHOWN);
  const guard = useMovedGuard(
    shown.map(({ id }) => id),
    "rows",
  );
  usePageKeys(rows.length === 0 ? [] : FIX_KEYS);
  if (rows.length === 0) return null;
  return (
    <Panel
      title={`Needs attention (${countOf(countsBelow)})`}
      className="shrink-0 border-warn/50"
      actions={
        <span className="flex items-center gap-2">
          <span role="status">
            {freshRows.freshRows.length > 0 && (
              <Button size="sm" variant="primary" onClick={freshRows.markSeen}>
                {freshRows.freshRows.length} new
              </Button>
            )}
          </span>
          <ShowAll count={seenRows.length} shown={NEEDS_SHOWN} isWhole={isWhole} onChange={setIsWhole} />
        </span>
      }
    >
      <ul {...guard}>
        {shown.map(({ id, need }) => (
          <NeedRow key={id} id={id} need={need} />
        ))}
      </ul>
      <Cut kinds={cutKinds(needs, countsBelow)} />
    </Panel>
  );
}

function isBelow({ kind }: { kind: NeedKind }): boolean {
  return kind !== "approval";
}

/** Of what there is too much for a page: how much, and where all of it is. */
function Cut({ kinds }: { kinds: CutKind[] }) {
  if (kinds.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 border-t px-4 py-2 text-xs text-ink-2">
      {kinds.map(({ kind, listed, ...counts }) => (
        <li key={kind}>
          {KIND_STYLES[kind].word}: {listed} of {countOf([counts])}.{" "}
          <Link href={KIND_STYLES[kind].all} className="text-accent hover:underline">
            Show all
          </Link>
        </li>
      ))}
    </ul>
  );
}

function NeedRow({ id, need }: { id: string; need: Need }) {
  const canOperate = useCanOperate();
  const { icon: Icon, word, href, ...style } = KIND_STYLES[need.kind];
  const fix = canOperate ? style.fix : "Open";
  return (
    <li
      data-row={id}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm not-last:border-b focus-within:bg-hover"
    >
      <span className="flex items-center gap-1.5 text-xs font-medium text-warn sm:w-40">
        <Icon aria-hidden className="size-4 shrink-0" /> {word}
      </span>
      <Link
        href={href(need)}
        className="min-w-0 flex-1 wrap-anywhere hover:underline max-sm:order-last max-sm:basis-full"
      >
        {need.title !== null && <span className="font-medium">{revealHidden(need.title)}: </span>}
        <span className="text-ink-2">{revealHidden(need.title === null ? sentence(need.message) : need.message)}</span>
      </Link>
      <Time at={need.since} className="text-xs text-ink-3 max-sm:ml-auto" />
      {FIXED_HERE.includes(need.kind) ? (
        <Fix item={need} />
      ) : (
        <Link
          href={href(need)}
          data-fix
          className={buttonStyle({ size: "sm" })}
          aria-label={`${fix}: ${revealHidden(need.title) ?? revealHidden(need.message)}`}
        >
          {fix} <ArrowRight aria-hidden className="size-3.5" />
        </Link>
      )}
    </li>
  );
}
