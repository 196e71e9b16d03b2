import type { RunEvent } from "@/contract/event";
import { eventLines } from "./event-lines";
import type { Io } from "./io";
import { plain } from "./plain";

/** Prints a JSON document: indented for people, on one line for programs that read line by line. */
export function printJson(io: Io, value: unknown): void {
  const text = io.form === "ndjson" ? JSON.stringify(value) : JSON.stringify(value, null, 2);
  // JSON escapes control characters, but not marks of text direction.
  io.out(io.columns === null ? text : plain(text));
}

/** Prints each value on a line of its own. */
export function printLines(io: Io, values: readonly unknown[]): void {
  for (const value of values) io.out(JSON.stringify(value));
}

/** Prints an event: in words, or as it is stored. */
export function printEvent(io: Io, event: RunEvent): void {
  if (io.form !== "table") printLines(io, [event]);
  else for (const line of eventLines(event, io.style)) io.out(line);
}
