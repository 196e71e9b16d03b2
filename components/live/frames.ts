import type { Approval } from "@/contract/approval";
import type { LiveFrame, RunEvent } from "@/contract/event";
import type { Run } from "@/contract/run";
import type { BeatsFrame, Runner } from "@/contract/runner";
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
  /** Now and then, that the stream is alive: else one that tells nothing could not be told from one that is lost. */
  alive: Record<string, never>;
  session: SessionFrame;
  run: Run;
  approval: Approval;
  task: TaskFrame;
  runner: Runner;
  beats: BeatsFrame;
  event: RunEvent;
  live: LiveTextFrame;
};
export type FrameName = keyof Frames;
export const FRAME_NAMES = [
  "hello",
  "database",
  "alive",
  "session",
  "run",
  "approval",
  "task",
  "runner",
  "beats",
  "event",
  "live",
] as const satisfies FrameName[];

/** A run that a page follows, from the event after `afterSeq` on. */
export type Topic = { runId: string; afterSeq: number } | null;

/** What the stream tells of only while a page shows it: a full queue changes often, and every runner beats. */
export const WATCHED = ["tasks", "runners"] as const;
export type Watched = (typeof WATCHED)[number];

/** The stream's address for what the page shows now. */
export function liveUrl(topic: Topic, watched: ReadonlySet<Watched>, since: string | null): string {
  const query = new URLSearchParams({ sessions: "1", runs: "1", approvals: "1" });
  for (const kind of WATCHED) if (watched.has(kind)) query.set(kind, "1");
  if (since !== null) query.set("since", since);
  if (topic !== null) {
    query.set("run", topic.runId);
    query.set("after", String(topic.afterSeq));
  }
  return `/api/live?${query}`;
}
