import type { Client } from "./client";
import type { Credentials } from "./credentials";
import type { Place } from "./place";

export const FORMS = ["table", "json", "ndjson"] as const;
/** How answers are written: for people, as one document of JSON, or as one for each line. */
export type Form = (typeof FORMS)[number];

/** What a command talks to: the terminal and the server. Data goes out, all else is noted. */
export type Io = {
  client: Client;
  /** Whom the client asks, and by which token. */
  place: Place;
  credentials: Credentials;
  /** The same of another server, or with another token. */
  connect: (place: Pick<Place, "url" | "token">) => Client;
  form: Form;
  /** A line of data. */
  out: (line: string) => void;
  /** A line for whoever watches; never data. */
  note: (line: string) => void;
  /** A person's answer to a question; null where nobody is there to ask. */
  ask: ((question: string) => Promise<string>) | null;
  /** What is written to the program, line by line, until there is no more of it. */
  lines: () => AsyncIterable<string>;
  /** Characters in a line of the terminal; null where it is none. */
  columns: number | null;
  style: (style: Style, text: string) => string;
  /** Told each time that Ctrl-C is pressed; a command that listens decides what that means. */
  onInterrupt: (listener: () => void) => void;
  signal: AbortSignal;
  /** The words by which a shell starts this program. */
  self: readonly string[];
};

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof CODES;

/** Escape sequences where they are understood, plain text elsewhere. */
export function styler(isOn: boolean): Io["style"] {
  return (style, text) => (isOn && text !== "" ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}
