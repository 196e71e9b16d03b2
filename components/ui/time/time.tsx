"use client";
import { formatAge, formatDuration } from "@/components/ui/format";
import { useNow, useTimeMode } from "./clock";
import { formatInZone } from "./zone";

const LOCAL = { dateStyle: "medium", timeStyle: "medium" } as const;

type TimeProps = {
  at: string | null;
  className?: string /** Another zone that it is thought of in. */;
  timeZone?: string;
};

/** An instant: its age unless the operator asked for local or UTC time; hovering shows all three. */
export function Time({ at, className, timeZone }: TimeProps) {
  const nowMs = useNow();
  const mode = useTimeMode();
  if (at === null) return <span className={className}>never</span>;
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <span className={className}>{at}</span>;
  const date = new Date(ms);
  const utc = date
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
  const local = new Intl.DateTimeFormat(undefined, LOCAL).format(date);
  const age = formatAge(ms, nowMs);
  const there = timeZone === undefined ? [] : [formatInZone(at, timeZone)];
  return (
    // Server and browser differ in clock, locale and zone: the browser's text replaces the server's at the first tick.
    <time dateTime={at} title={[...there, utc, local, age].join("\n")} className={className} suppressHydrationWarning>
      {mode === "relative" ? age : mode === "local" ? local : utc}
    </time>
  );
}

/** How long something took, or has been going on when it has no end. */
export function Duration({ from, to, className }: { from: string; to: string | null; className?: string }) {
  const nowMs = useNow();
  const end = to === null ? nowMs : Date.parse(to);
  const ms = Math.max(0, end - Date.parse(from));
  return (
    <span className={className} suppressHydrationWarning>
      {formatDuration(to === null ? Math.floor(ms / 1_000) * 1_000 : ms)}
    </span>
  );
}

/** Time left until an instant. */
export function Countdown({ to, past = "now" }: { to: string; past?: string }) {
  const nowMs = useNow();
  const leftMs = Date.parse(to) - nowMs;
  return (
    <span suppressHydrationWarning>
      {leftMs <= 0 ? past : `in ${formatDuration(Math.ceil(leftMs / 1_000) * 1_000)}`}
    </span>
  );
}
