"use client";
import {
  ArrowRight,
  Hand,
  HardDrive,
  type LucideIcon,
  OctagonPause,
  OctagonX,
  Repeat,
  Timer,
  TriangleAlert,
  Unplug,
} from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { sentence } from "@/components/queue/explain";
import { Fix } from "@/components/queue/fix";
import { runAddress, sessionAddress, storageAddress, taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { buttonStyle } from "@/components/ui/button";
import { showTricks } from "@/components/ui/hidden-text";
import { Panel } from "@/components/ui/page";
import { ShowAll } from "@/components/ui/show-all";
import { Time } from "@/components/ui/time";
import type { Need, NeedKind } from "@/contract/overview";

/** More than these, and the rest is asked for. */
const SHOWN = 8;
type Look = { icon: LucideIcon; word: string; fix: string; href: (need: Need) => string };
/** What is done about these at a press, without going anywhere. */
const FIXED_HERE: readonly NeedKind[] = ["parked", "paused", "dead-letter"];
const FIX_KEYS = [{ keys: "f", name: "Do what is offered about the row in focus", run: fixRow }];

function fixRow(): void {
  document.activeElement?.closest("[data-row]")?.querySelector<HTMLElement>("[data-fix]")?.click();
}

const runOf = ({ runId, sessionId }: Need) =>
  sessionId === null ? runAddress(runId ?? "") : sessionAddress(sessionId);
const taskOf = ({ taskId }: Need) => (taskId === null ? "/queue" : taskAddress(taskId));

/** Each kind as an icon and a word, with the place where it is mended. */
const LOOKS: Record<NeedKind, Look> = {
  "worker-away": { icon: Unplug, word: "Worker away", fix: "Look", href: () => "/status" },
  "loop-stopped": { icon: TriangleAlert, word: "Loop stopped", fix: "Look", href: () => "/status" },
  approval: { icon: Hand, word: "Approval", fix: "Decide", href: runOf },
  fencing: { icon: Unplug, word: "Not known to be gone", fix: "Look", href: ({ runId }) => runAddress(runId ?? "") },
  stuck: { icon: Timer, word: "Silent", fix: "Look", href: runOf },
  flapping: { icon: Repeat, word: "Loses its runners", fix: "Look", href: ({ runId }) => runAddress(runId ?? "") },
  "session-evicted": {
    icon: TriangleAlert,
    word: "Evicted",
    fix: "Restore",
    href: ({ sessionId }) => storageAddress(sessionId ?? ""),
  },
  parked: { icon: Hand, word: "Parked", fix: "Retry", href: taskOf },
  paused: { icon: OctagonPause, word: "Paused", fix: "Go on", href: () => "/queue" },
  "dead-letter": { icon: OctagonX, word: "Failed for good", fix: "Retry", href: taskOf },
  "failed-session": { icon: OctagonX, word: "Failed", fix: "Look", href: runOf },
  "volume-full": {
    icon: HardDrive,
    word: "Volume nearly full",
    fix: "Look",
    href: ({ sessionId }) => storageAddress(sessionId ?? ""),
  },
  "gc-stopped": { icon: TriangleAlert, word: "Clean-up stopped", fix: "Look", href: () => "/storage?view=clean-up" },
};

/** What goes on only when a person does something, the most pressing first; `j` and `k` move, Enter goes there, `f` does what is offered. */
export function Needs({ needs }: { needs: readonly Need[] }) {
  const [isWhole, setIsWhole] = useState(false);
  usePageKeys(needs.length === 0 ? [] : FIX_KEYS);
  if (needs.length === 0) return null;
  return (
    <Panel
      title={`Needs a person (${needs.length})`}
      className="shrink-0 border-warn/50"
      actions={<ShowAll count={needs.length} shown={SHOWN} isWhole={isWhole} onChange={setIsWhole} />}
    >
      <ul>
        {(isWhole ? needs : needs.slice(0, SHOWN)).map((need) => (
          <NeedRow key={JSON.stringify(need)} need={need} />
        ))}
      </ul>
    </Panel>
  );
}

function NeedRow({ need }: { need: Need }) {
  const canOperate = useCanOperate();
  const { icon: Icon, word, href, ...look } = LOOKS[need.kind];
  const fix = canOperate ? look.fix : "Look";
  return (
    <li
      data-row
      className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm not-last:border-b focus-within:bg-hover"
    >
      <span className="flex items-center gap-1.5 text-xs font-medium text-warn sm:w-40">
        <Icon aria-hidden className="size-4 shrink-0" /> {word}
      </span>
      <Link
        href={href(need)}
        className="min-w-0 flex-1 wrap-anywhere hover:underline max-sm:order-last max-sm:basis-full"
      >
        {need.title !== null && <span className="font-medium">{showTricks(need.title)}: </span>}
        <span className="text-ink-2">{showTricks(need.title === null ? sentence(need.message) : need.message)}</span>
      </Link>
      <Time at={need.since} className="text-xs text-ink-3 max-sm:ml-auto" />
      {FIXED_HERE.includes(need.kind) ? (
        <Fix item={need} />
      ) : (
        <Link
          href={href(need)}
          data-fix
          className={buttonStyle({ size: "sm" })}
          aria-label={`${fix}: ${showTricks(need.title) ?? showTricks(need.message)}`}
        >
          {fix} <ArrowRight aria-hidden className="size-3.5" />
        </Link>
      )}
    </li>
  );
}
