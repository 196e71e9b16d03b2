const BRIEF_MAX = 120;
const KILLED = /\bended with signal (SIG[A-Z0-9]+)/;
const LOST = /^The runner was lost\b/;

/**
 * An error for places that have room for a line alone: what happened, without what a dying process wrote last. The
 * whole is shown once, where it matters, and stands in the `title` everywhere else.
 */
export function briefError(message: string): string {
  const signal = KILLED.exec(message)?.[1];
  if (signal !== undefined) return `Runner was killed (${signal})`;
  const [line = ""] = message.trim().split("\n");
  if (LOST.test(line) && line.includes("(")) return "Runner was lost";
  return line.length > BRIEF_MAX ? `${line.slice(0, BRIEF_MAX - 1).trimEnd()}…` : line;
}
