"use client";
import { Pause, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { useNow } from "@/components/ui/clock";
import { useLiveStatus } from "./provider";

/** A stream that comes back within this is not worth a word. */
const PATIENCE_MS = 4_000;

/** Says that what is shown may be old, and since when. Reading stays possible. */
export function StaleBar() {
  const status = useLiveStatus();
  const nowMs = useNow();
  if (status.state === "paused") {
    // Nobody reads this in a tab that is hidden: a window that is seen is paused only when others took its place.
    return (
      <Bar>
        <Pause aria-hidden className="size-3.5" /> Paused: other windows of this browser are live. Click here to go on.
      </Bar>
    );
  }
  if ((status.state !== "reconnecting" && status.state !== "stale") || nowMs - status.staleSinceMs < PATIENCE_MS)
    return null;
  const since = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }).format(status.staleSinceMs);
  return (
    <Bar>
      <WifiOff aria-hidden className="size-3.5" /> {status.state === "stale" ? "The server's database" : "The server"}{" "}
      does not answer. What you see was true at {since}; it is asked again by itself.
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
