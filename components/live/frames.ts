import type { Approval } from "@/contract/approval";
import type { LiveFrame, RunEvent } from "@/contract/event";
import type { Run } from "@/contract/run";
import type { Session } from "@/contract/session";
import type { TaskFrame } from "@/contract/watch";

/** A session as the stream tells it; whether it is unread depends on the reader, so that is not in it. */
export type SessionFrame = { sessionId: string; version: number; kind: "changed" | "deleted"; session?: Session };
export type LiveTextFrame = { runId: string; frames: LiveFrame[] };

/** What `GET /api/live` sends, by the name of its frames. */
export type Frames = {
  /** `isBehind`: the page is too old to be told what has changed since it was made. */
  hello: { serverTime: string; isBehind: boolean };
  /** Whether the server has lost its database: nothing new can be told until it is back. */
  database: { isAway: boolean };
  session: SessionFrame;
  run: Run;
  approval: Approval;
  task: TaskFrame;
  event: RunEvent;
  live: LiveTextFrame;
};
export type FrameName = keyof Frames;
export const FRAME_NAMES = [
  "hello",
  "database",
  "session",
  "run",
  "approval",
  "task",
  "event",
  "live",
] as const satisfies FrameName[];

/** A run that a page follows, from the event after `afterSeq` on. */
export type Topic = { runId: string; afterSeq: number } | null;

/** The stream's address for what the page shows now. A full queue changes often: its tasks are told where they are shown. */
export function liveUrl(topic: Topic, hasTasks: boolean, since: string | null): string {
  const query = new URLSearchParams({ sessions: "1", runs: "1", approvals: "1" });
  if (hasTasks) query.set("tasks", "1");
  if (since !== null) query.set("since", since);
  if (topic !== null) {
    query.set("run", topic.runId);
    query.set("after", String(topic.afterSeq));
  }
  return `/api/live?${query}`;
}
