import type { ParseArgsConfig } from "node:util";
import type { Io } from "./io";

export type Options = NonNullable<ParseArgsConfig["options"]>;
/** What was typed after a command: its options by name, and its words. */
export type ParsedArgs = { options: Record<string, string | boolean | string[] | undefined>; words: string[] };

export type Command = {
  name: string;
  /** What may follow the name. */
  usage: string;
  summary: string;
  /** The meaning of its own options, one line each; the general options are described once. */
  help?: readonly string[];
  options?: Options;
  /** Resolves with the exit code. */
  run(io: Io, typed: ParsedArgs): Promise<number>;
};

/** Returns an option's text; undefined where it was not given. */
export function optionText({ options }: ParsedArgs, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** Returns the texts of an option that may be repeated. */
export function optionTexts({ options }: ParsedArgs, name: string): string[] {
  const value = options[name];
  return Array.isArray(value) ? value : [];
}
