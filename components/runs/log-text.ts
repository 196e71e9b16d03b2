import { parseAnsi } from "@/components/conversation/ansi";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { LogLine } from "@/contract/run-job";

/** A line of a log as it is read: what it says first, where it is one of ours. */
export type ReadLine = {
  /** Tells it from the others, whatever comes before it. */
  key: string;
  at: string | null;
  level: LogLevel | null;
  text: string;
  /** As it was written. */
  raw: string;
};

const LEVELS = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" } as const;
export type LogLevel = (typeof LEVELS)[keyof typeof LEVELS];

/** What every line of ours has, and what its page says already. */
const STANDARD_FIELDS = new Set(["level", "time", "pid", "hostname", "process", "runId", "attemptId", "msg"]);

/** Lines with what they say before what belongs to it; `isRaw`: as they were written. */
export function readLines(lines: readonly LogLine[], isRaw: boolean): ReadLine[] {
  const occurrences = new Map<string, number>();
  return lines.map(({ at, text }) => {
    const count = occurrences.get(at ?? "") ?? 0;
    occurrences.set(at ?? "", count + 1);
    const parsed = isRaw ? null : readJsonLine(text);
    return { key: `${at} ${count}`, at, level: parsed?.level ?? null, text: parsed?.text ?? text, raw: text };
  });
}

function readJsonLine(line: string): { level: LogLevel; text: string } | null {
  if (!line.startsWith('{"level":')) return null;
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  const level = LEVELS[parsed.level as keyof typeof LEVELS];
  if (level === undefined || typeof parsed.msg !== "string") return null;
  const extraFields = Object.entries(parsed)
    .filter(([key]) => !STANDARD_FIELDS.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return { level, text: [parsed.msg, ...extraFields].join("  ") };
}

/** A line without colours, with what cannot be seen in it written out: what is searched, and what is marked. */
export function plainText(text: string): string {
  return revealHidden(
    parseAnsi(text)
      .map((span) => span.text)
      .join(""),
  );
}

/** Where a text is in another, whatever the case. */
export function findAll(text: string, find: string): { from: number; to: number }[] {
  if (find === "") return [];
  const [haystack, needle] = [text.toLowerCase(), find.toLowerCase()];
  // Some letters change their length with their case: then nothing can be marked in place.
  if (haystack.length !== text.length) return [];
  const found: { from: number; to: number }[] = [];
  for (let from = haystack.indexOf(needle); from !== -1; from = haystack.indexOf(needle, from + needle.length))
    found.push({ from, to: from + needle.length });
  return found;
}

/** What is copied and downloaded: the lines as they were written, each after its time where that is shown. */
export function toLogFile(lines: readonly ReadLine[], hasTimes: boolean): string {
  return lines.map(({ at, raw }) => `${hasTimes && at !== null ? `${at} ` : ""}${raw}\n`).join("");
}
