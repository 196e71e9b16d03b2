"use client";
import { cn } from "@/components/ui/class-names";
import { formatDuration } from "@/components/ui/format";
import { useNow } from "@/components/ui/time/clock";
import type { LiveStatus } from "./connection";
import { useLiveStatus } from "./provider";
import { staleMs } from "./stale-ms";

const DOT_CLASSES: Record<LiveStatus["state"], string> = {
  connecting: "bg-busy",
  live: "bg-good",
  stale: "bg-warn",
  reconnecting: "bg-warn",
  paused: "bg-ink-3",
};

/** Whether what is on the screen is live, and since when it is not. */
export function LiveIndicator({ isShort }: { isShort?: boolean }) {
  const status = useLiveStatus();
  const nowMs = useNow();
  const [word, detail] = explainStatus(status, nowMs);
  return (
    <span
      className="inline-flex items-center gap-1.5 text-xs text-ink-2"
      role="status"
      aria-label={`Connection: ${word}`}
    >
      <span
        aria-hidden
        className={cn("size-2 rounded-full", DOT_CLASSES[status.state], status.state !== "live" && "animate-breathe")}
      />
      {/* Ticking text would be read out every second: the label above says what matters. */}
      <span aria-hidden>
        {word}
        {!isShort && detail !== null && (
          <>
            {" "}
            {/* Where there is no room for both, it goes below as a whole. */}
            <span className="whitespace-nowrap">{detail}</span>
          </>
        )}
      </span>
    </span>
  );
}

function explainStatus(status: LiveStatus, nowMs: number): [string, string | null] {
  switch (status.state) {
    case "live":
      return ["Live", null];
    case "connecting":
      return ["Connecting", null];
    case "paused":
      return ["Paused", null];
    case "stale":
      return ["Stale", `for ${staleFor(status, nowMs)}`];
    case "reconnecting":
      return ["Reconnecting", `· stale for ${staleFor(status, nowMs)}`];
  }
}

function staleFor(status: { staleSinceMs: number }, nowMs: number): string {
  return formatDuration(Math.max(1, Math.floor(staleMs(status, nowMs) / 1_000)) * 1_000);
}
