import type { Client } from "./client";
import type { Credentials } from "./credentials";
import type { ServerTarget } from "./server-target";

export const FORMS = ["table", "json", "ndjson"] as const;
/** How answers are written: for people, as one JSON document, or as one JSON document a line. */
export type Form = (typeof FORMS)[number];

/** What a command talks to: the terminal and the server. Data goes to `out`, everything else to `note`. */
export type Io = {
  client: Client;
  /** The server that is asked, and the token used. */
  server: ServerTarget;
  credentials: Credentials;
  /** Connects to another server, or with another token. */
  connect: (server: Pick<ServerTarget, "url" | "token">) => Client;
  form: Form;
  /** Writes a line of data. */
  out: (line: string) => void;
  /** Writes bytes of data; resolves once there is room for more. */
  bytes: (chunk: Uint8Array) => Promise<void>;
  /** Writes a line for the person watching; never data. */
  note: (line: string) => void;
  /**
   * Asks a person a question, one at a time; null where nobody is there to answer. Resolves with null when the signal
   * aborts, or when the person ends the input.
   */
  ask: ((question: string, signal: AbortSignal) => Promise<string | null>) | null;
  /** Yields the lines of the program's input until its end. */
  lines: () => AsyncIterable<string>;
  /** Width of the terminal in characters; null where the output is not a terminal. */
  columns: number | null;
  style: (style: Style, text: string) => string;
  /** Adds a listener for Ctrl-C; a command that listens decides what it means. */
  onInterrupt: (listener: () => void) => void;
  signal: AbortSignal;
  /** The words with which a shell starts this program. */
  self: readonly string[];
};

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof CODES;

/** Returns a styler: escape sequences where they are understood, plain text elsewhere. */
export function styler(isOn: boolean): Io["style"] {
  return (style, text) => (isOn && text !== "" ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}
