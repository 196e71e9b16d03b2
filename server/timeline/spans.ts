import { createHash } from "node:crypto";
import type { TimelineSpan } from "@/contract/timeline";
import { type FoldState, LABEL_MAX, NAME_MAX, type OpenSpan } from "./state";

/** A runner that was launched for the run. */
export type Launch = {
  attemptId: string;
  runnerId: string;
  state: "launching" | "running" | "ended" | "failed";
  launchedMs: number;
  endedMs: number | null;
};

export type Begun = Omit<OpenSpan, "kind" | "name"> & { kind: TimelineSpan["kind"] };

/** Identifies a span by its kind and its first seq: an id may be used again, a place in the log cannot. */
export function keyOf(span: Pick<Begun, "kind" | "seq">): string {
  return `${span.kind}:${span.seq}`;
}

/** Converts a span that has begun into the form that the API returns. */
export function shownSpan(span: Begun, end: Pick<TimelineSpan, "state" | "endedAt" | "endSeq">): TimelineSpan {
  const { lane, kind, label, atMs, seq } = span;
  return { key: keyOf(span), lane, kind, label, startedAt: iso(atMs), startSeq: seq, count: 1, ...end };
}

/** A span from a runner's launch to its claim; without a claim, to the launch's end or to now. */
export function launchSpan(launch: Launch, state: FoldState, endMs: number | null): TimelineSpan {
  const startMs = Math.max(state.startMs, launch.launchedMs);
  return {
    key: `launch:${launch.attemptId}`,
    lane: "attempts",
    kind: "launch",
    label: "Launch",
    count: 1,
    state: endMs === null ? "running" : launch.state === "failed" ? "failed" : "completed",
    startedAt: iso(startMs),
    endedAt: endMs === null ? null : iso(Math.max(startMs, endMs)),
    startSeq: null,
    endSeq: null,
  };
}

/** Shortens an id that is only carried to find its span again. */
export function nameOf(id: string): string {
  return id.length <= NAME_MAX && isPlain(id) ? id : hashOf(id);
}

/** The shell in which codex wraps a command; the closing quote is missing if the text was cut. */
const SHELL = /^(?:\S*\/)?(?:ba|z|da)?sh -l?c (?:'([^']*)'?|"([^"\\$`]*)"?)$/s;

/** Makes a one-line label of a text. Control characters are replaced, so that none changes how the line is shown. */
export function clipLabel(text: string): string {
  const [, single, double] = SHELL.exec(text) ?? [];
  const line = (single ?? double ?? text).replaceAll(/\s+/g, " ").replaceAll(/\p{Cc}/gu, "\ufffd");
  return line.length <= LABEL_MAX ? line : `${line.slice(0, LABEL_MAX - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url").slice(0, 32);
}
