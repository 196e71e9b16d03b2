import { parseArgs } from "node:util";
import { nearest } from "@/contract/query/nearest";
import { Client } from "./client";
import type { Options, ParsedArgs } from "./command";
import { callProcedure, commands } from "./commands";
import { printCandidates } from "./complete";
import { openCredentials } from "./credentials";
import { EXIT, errorLines, exitCodeOf, UsageError } from "./failure";
import { commandHelp, generalHelp, printHelp } from "./help";
import type { Form, Io } from "./io";
import { findServer } from "./server-target";

/** The program's surroundings. */
export type ProgramEnvironment = Omit<Io, "client" | "server" | "credentials" | "connect" | "form"> & {
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
export async function runProgram(args: readonly string[], environment: ProgramEnvironment): Promise<number> {
  try {
    return await runCommand(args, environment);
  } catch (error) {
    // Ctrl-C ended what was in progress.
    if (environment.signal.aborted && error instanceof Error && error.name === "AbortError") return EXIT.interrupted;
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    for (const [index, line] of errorLines(error).entries()) environment.note(index === 0 ? `agentrun: ${line}` : line);
    return code;
  }
}

async function runCommand(args: readonly string[], environment: ProgramEnvironment): Promise<number> {
  const name = findCommandName(args);
  const command = commands.find((known) => known.name === name);
  const typed = parse(args, command?.options ?? { input: { type: "string" }, all: { type: "boolean" } });
  const { options } = typed;
  if (options.version === true) {
    environment.out(environment.version);
    return EXIT.ok;
  }
  if (command !== undefined && options.help === true) {
    environment.out(commandHelp(command));
    return EXIT.ok;
  }
  if (name === undefined) {
    if (options.help !== true) throw new UsageError("no command was given", "agentrun --help");
    environment.out(generalHelp());
    return EXIT.ok;
  }
  const io = createIo(environment, options);
  const rest: ParsedArgs = { options, words: typed.words.slice(1) };
  if (command !== undefined) return command.run(io, rest);
  if (name === "help") return printHelp(io, rest);
  if (name === "complete") return printCandidates(io, rest, GENERAL);
  if (!name.includes(".")) throw unknownCommand(name);
  return options.help === true ? printHelp(io, { options, words: [name] }) : callProcedure(io, name, rest);
}

/**
 * Returns the first word that does not belong to an option. A command's own options are known only once its name is.
 */
function findCommandName(args: readonly string[]): string | undefined {
  return parseArgs({ args: [...args], options: GENERAL, allowPositionals: true, strict: false }).positionals[0];
}

function unknownCommand(name: string): UsageError {
  const suggestion = nearest(name, ["help", ...commands.map((command) => command.name)]);
  return new UsageError(
    `there is no command ${name}`,
    suggestion === null ? "agentrun --help" : `agentrun ${suggestion}`,
  );
}

/** Words after a command's name are read freely: values may begin with a dash after their sign. */
function parse(args: readonly string[], commandOptions: Options): ParsedArgs {
  try {
    const options = { ...GENERAL, ...commandOptions };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { options: values as ParsedArgs["options"], words: positionals };
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error),
      "agentrun --help",
    );
  }
}

function createIo(environment: ProgramEnvironment, options: ParsedArgs["options"]): Io {
  const { env } = environment;
  const url = typeof options.url === "string" ? options.url : undefined;
  const form: Form = options.ndjson === true ? "ndjson" : options.json === true ? "json" : "table";
  const timeoutMs = readTimeout(options.timeout);
  const onRetry = (why: string) => environment.note(`${why}: trying again`);
  const credentials = openCredentials(env);
  const connect: Io["connect"] = (server) => new Client(server, { timeoutMs, onRetry });
  const serverOnce = once(() => findServer({ url, env, credentials }));
  const clientOnce = once(() => {
    const server = serverOnce();
    // Logging in again ends the token that a running program began with, and stores another.
    const renew = () => (server.source === "login" ? (credentials.find(server.url)?.token ?? null) : null);
    return new Client(server, { timeoutMs, onRetry, renew, signal: environment.signal });
  });
  return {
    ...environment,
    form,
    credentials,
    connect,
    // Read only when needed, so that help and other commands without a server work even if the file cannot be read.
    get server() {
      return serverOnce();
    },
    get client() {
      return clientOnce();
    },
  };
}

function once<Value extends object>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

function readTimeout(text: ParsedArgs["options"][string]): number {
  if (text === undefined) return TIMEOUT_S * 1_000;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new UsageError(`--timeout takes seconds, not “${String(text)}”`);
  return Math.round(seconds * 1_000);
}
