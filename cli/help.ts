import type { Command, ParsedArgs } from "./command";
import { commands } from "./commands";
import { EXIT } from "./failure";
import type { Io } from "./io";
import { findProcedure, type Procedure, readProcedures, type Schema } from "./procedures";

const GENERAL = `Usage: agentrun COMMAND [OPTIONS]

COMMANDS
  PROCEDURE [name=value…]   Call any procedure of the API, such as runs.cancel
  help [PROCEDURE]          What a procedure takes; all of them by help --all

Options of every command
  --url URL       the server; AGENTRUN_URL, the one that runs on this data folder, or the last login's, unless told
  --json          answers as one document of JSON
  --ndjson        answers as JSON, one a line
  --timeout S     seconds that one answer may take, 30 unless told
  --input FILE    of a procedure: an object of JSON; - for what is piped in
  --help          what a command takes
  --version       of this program

The token is AGENTRUN_TOKEN, else what agentrun login was given for that server. On the server's own machine its data
folder has one.
Ends with 0, 1 failed, 2 wrongly called, 3 not found, 4 not allowed, 5 conflict, 6 too late, 7 not reachable, 8 cancelled.`;

/** Returns the general help. */
export function generalHelp(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return GENERAL.replace(
    "COMMANDS",
    ["Commands", ...commands.map(({ name, summary }) => `  ${name.padEnd(Math.max(width, 24))}  ${summary}`)].join(
      "\n",
    ),
  );
}

export function commandHelp({ name, usage, summary, help = [] }: Command): string {
  return [`Usage: agentrun ${name} ${usage}`.trimEnd(), "", `${summary}.`, ...help.map((line) => `  ${line}`)].join(
    "\n",
  );
}

/** Prints the list of procedures, or one procedure's input, as the server describes them. */
export async function printHelp(io: Io, { words: [name], options }: ParsedArgs): Promise<number> {
  const command = commands.find((known) => known.name === name);
  if (command) io.out(commandHelp(command));
  else if (name === undefined && options.all !== true) io.out(generalHelp());
  else {
    const procedures = await readProcedures(io.client);
    if (name !== undefined) io.out(procedureHelp(findProcedure(procedures, name)));
    else for (const procedure of procedures) io.out(`${procedure.name.padEnd(28)} ${procedure.summary}`);
  }
  return EXIT.ok;
}

function procedureHelp({ name, summary, input, isStream }: Procedure): string {
  const fields = Object.entries(input.properties ?? {}).map(([field, schema]) => {
    const isNeeded = input.required?.includes(field) === true;
    return `  ${field}=${describeType(schema)}${isNeeded ? "" : "   may be left out"}`;
  });
  return [`${name}: ${summary}${isStream ? " (a stream)" : ""}`, ...fields].join("\n");
}

function describeType(schema: Schema): string {
  if (schema.enum) return schema.enum.join("|");
  if (schema.anyOf) return [...new Set(schema.anyOf.map(describeType))].join("|");
  if (schema.properties) return `{${Object.keys(schema.properties).join(", ")}}`;
  return [schema.type ?? "JSON"].flat().join("|");
}
