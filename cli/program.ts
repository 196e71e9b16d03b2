import { parseArgs } from "node:util";
import { nearest } from "@/contract/query/nearest";
import { Client } from "./client";
import type { Options, Typed } from "./command";
import { callProcedure, commands } from "./commands";
import { printCandidates } from "./complete";
import { openCredentials } from "./credentials";
import { EXIT, exitOf, UsageError, wordsOf } from "./failure";
import { generalHelp, helpOf, printHelp } from "./help";
import type { Form, Io } from "./io";
import { findPlace } from "./server-target";

/** The program's surroundings. */
export type Surroundings = Omit<Io, "client" | "place" | "credentials" | "connect" | "form"> & {
  env: Record<string, string | undefined>;
  version: string;
};

const GENERAL: Options = {
  url: { type: "string" },
  json: { type: "boolean" },
  ndjson: { type: "boolean" },
  timeout: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
};
const TIMEOUT_S = 30;

/** Runs what was typed and resolves with the exit code. Unknown errors are thrown. */
export async function runProgram(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    return await perform(args, around);
  } catch (error) {
    // Ctrl-C ended what was in progress.
    if (around.signal.aborted && error instanceof Error && error.name === "AbortError") return EXIT.interrupted;
    const code = exitOf(error);
    if (code === undefined) throw error;
    for (const [index, line] of wordsOf(error).entries()) around.note(index === 0 ? `agentrun: ${line}` : line);
    return code;
  }
}

async function perform(args: readonly string[], around: Surroundings): Promise<number> {
  const name = commandIn(args);
  const command = commands.find((known) => known.name === name);
  const typed = read(args, command?.options ?? { input: { type: "string" }, all: { type: "boolean" } });
  const { options } = typed;
  if (options.version === true) {
    around.out(around.version);
    return EXIT.ok;
  }
  if (command !== undefined && options.help === true) {
    around.out(helpOf(command));
    return EXIT.ok;
  }
  if (name === undefined) {
    if (options.help !== true) throw new UsageError("no command was given", "agentrun --help");
    around.out(generalHelp());
    return EXIT.ok;
  }
  const io = ioOf(around, options);
  const rest: Typed = { options, words: typed.words.slice(1) };
  if (command !== undefined) return command.run(io, rest);
  if (name === "help") return printHelp(io, rest);
  if (name === "complete") return printCandidates(io, rest, GENERAL);
  if (!name.includes(".")) throw unknownCommand(name);
  return options.help === true ? printHelp(io, { options, words: [name] }) : callProcedure(io, name, rest);
}

/**
 * Returns the first word that does not belong to an option. A command's own options are known only once its name is.
 */
function commandIn(args: readonly string[]): string | undefined {
  return parseArgs({ args: [...args], options: GENERAL, allowPositionals: true, strict: false }).positionals[0];
}

function unknownCommand(name: string): UsageError {
  const near = nearest(name, ["help", ...commands.map((command) => command.name)]);
  return new UsageError(`there is no command ${name}`, near === null ? "agentrun --help" : `agentrun ${near}`);
}

/** Words after a command's name are read freely: values may begin with a dash after their sign. */
function read(args: readonly string[], own: Options): Typed {
  try {
    const options = { ...GENERAL, ...own };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { options: values as Typed["options"], words: positionals };
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error),
      "agentrun --help",
    );
  }
}

function ioOf(around: Surroundings, options: Typed["options"]): Io {
  const { env } = around;
  const url = typeof options.url === "string" ? options.url : undefined;
  const form: Form = options.ndjson === true ? "ndjson" : options.json === true ? "json" : "table";
  const timeoutMs = readTimeout(options.timeout);
  const onRetry = (why: string) => around.note(`${why}: trying again`);
  const credentials = openCredentials(env);
  const connect: Io["connect"] = (place) => new Client(place, { timeoutMs, onRetry });
  const placeOnce = once(() => findPlace({ url, env, credentials }));
  const clientOnce = once(() => {
    const place = placeOnce();
    // Logging in again ends the token that a running program began with, and stores another.
    const renew = () => (place.source === "login" ? (credentials.find(place.url)?.token ?? null) : null);
    return new Client(place, { timeoutMs, onRetry, renew });
  });
  return {
    ...{ ...around, form, credentials, connect },
    // Read only when needed, so that help and other commands without a server work even if the file cannot be read.
    get place() {
      return placeOnce();
    },
    get client() {
      return clientOnce();
    },
  };
}

function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function readTimeout(text: Typed["options"][string]): number {
  if (text === undefined) return TIMEOUT_S * 1_000;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new UsageError(`--timeout takes seconds, not “${String(text)}”`);
  return Math.round(seconds * 1_000);
}
