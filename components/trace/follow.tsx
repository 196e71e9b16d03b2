"use client";
import type { Run } from "@/contract/run";
import { useRunLog } from "./session-logs";

/** Has the stream follow a run on a tab that does not show its log: a log that is loaded is followed. */
export function Follow({ run }: { run: Run }) {
  useRunLog(run);
  return null;
}
