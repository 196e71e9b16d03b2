"use client";
import { Pause, WifiOff } from "lucide-react";
import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import { useNow } from "@/components/ui/time/clock";
import { useLiveStatus } from "./provider";
import { isRouteWaiting, keepPageWhileAway, onRouteWait } from "./route-fetch";
import { staleMs } from "./stale-ms";

/** A stream that comes back within this is not worth a word. */
const PATIENCE_MS = 4_000;

/** Says that what is shown may be old, and since when. Reading stays possible. */
export function StaleBar() {
  const status = useLiveStatus();
  const nowMs = useNow();
  const isWaiting = useSyncExternalStore(onRouteWait, isRouteWaiting, () => false);
  useEffect(keepPageWhileAway, []);
  if (status.state === "paused") {
    // Nobody reads this in a tab that is hidden: a window that is seen is paused only when others took its place.
    return (
      <Bar>
        <Pause aria-hidden className="size-3.5" /> Live updates are paused in this window. Click anywhere to resume.
      </Bar>
    );
  }
  // What was asked for and does not come is told of at once.
  if (isWaiting && (status.state === "live" || status.state === "connecting"))
    return (
      <Bar>
        <WifiOff aria-hidden className="size-3.5" /> Can't reach the server. The page opens as soon as it's back.
      </Bar>
    );
  if (status.state !== "reconnecting" && status.state !== "stale") return null;
  if (!isWaiting && staleMs(status, nowMs) < PATIENCE_MS) return null;
  const since = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }).format(status.staleSinceMs);
  return (
    <Bar>
      <WifiOff aria-hidden className="size-3.5" /> Can't reach the {status.state === "stale" ? "database" : "server"}.
      Last updated at {since}, retrying…
      {isWaiting && " The page you asked for opens as soon as it's back."}
    </Bar>
  );
}

function Bar({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="flex items-center gap-2 bg-warn-soft px-4 py-1.5 text-xs text-warn lg:px-6">
      {children}
    </p>
  );
}
