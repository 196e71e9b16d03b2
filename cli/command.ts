import type { ParseArgsConfig } from "node:util";
import type { Io } from "./io";

export type Options = NonNullable<ParseArgsConfig["options"]>;
/** What was typed behind a command: its options by name, and its words. */
export type Typed = { options: Record<string, string | boolean | string[] | undefined>; words: string[] };

export type Command = {
  name: string;
  /** What may stand behind the name. */
  usage: string;
  summary: string;
  /** What its own options mean, a line each; those of every command are told once. */
  help?: readonly string[];
  options?: Options;
  /** Resolves with the exit code. */
  run(io: Io, typed: Typed): Promise<number>;
};

/** An option's text; undefined where it was not given. */
export function textOf({ options }: Typed, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** The texts of an option that may be given more than once. */
export function textsOf({ options }: Typed, name: string): string[] {
  const value = options[name];
  return Array.isArray(value) ? value : [];
}
