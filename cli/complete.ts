import type { QueryKey } from "@/contract/query/page";
import type { Command, Options, ParsedArgs } from "./command";
import { commands } from "./commands";
import { SHELLS } from "./commands/completion";
import { LISTINGS } from "./commands/lists";
import { EXIT, exitCodeOf } from "./failure";
import type { Io } from "./io";
import { type Procedure, readProcedures, type Schema } from "./procedures";

/** Prints the possible completions of the last word, one a line. A shell calls this when a key is pressed. */
export async function printCandidates(io: Io, { words }: ParsedArgs, general: Options): Promise<number> {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const candidates = await candidatesFor(io, before, last, general);
  for (const candidate of candidates.filter((known) => known.startsWith(last))) io.out(candidate);
  return EXIT.ok;
}

async function candidatesFor(io: Io, before: string[], last: string, general: Options): Promise<string[]> {
  const [name] = before;
  const command = commands.find((known) => known.name === name);
  if (last.startsWith("-")) return optionNames({ ...general, ...command?.options });
  if (name === undefined) return [...commands.map((known) => known.name), "help", ...(await procedureNames(io, last))];
  if (name === "help" && before.length === 1)
    return [...commands.map((known) => known.name), ...(await procedureNames(io, last))];
  if (command !== undefined) return argumentCandidates(command, before, last);
  const procedure = (await procedures(io)).find((known) => known.name === name);
  return procedure === undefined ? [] : fieldCandidates(procedure, last);
}

function optionNames(options: Options): string[] {
  return Object.keys(options).map((name) => `--${name}`);
}

/** Returns procedures only once a letter of one is typed: all of them would hide the commands. */
async function procedureNames(io: Io, last: string): Promise<string[]> {
  return last === "" ? [] : (await procedures(io)).map(({ name }) => name);
}

async function procedures(io: Io): Promise<Procedure[]> {
  try {
    return await readProcedures(io.client);
  } catch (error) {
    // A person in the middle of typing a line does not want to read that the server is away.
    if (exitCodeOf(error) === undefined) throw error;
    return [];
  }
}

function argumentCandidates({ name }: Command, before: string[], last: string): string[] {
  if (name === "completion" && before.length === 1) return [...SHELLS];
  if (name !== "ls") return [];
  const [, list = ""] = before;
  if (before.length === 1) return Object.keys(LISTINGS);
  const keys: readonly QueryKey[] = (Object.hasOwn(LISTINGS, list) && LISTINGS[list]?.query.keys) || [];
  const [, key, operator = ""] = /^(-?\w+)(:)/.exec(last) ?? [];
  if (key === undefined) return keys.flatMap(({ name, fields }) => Object.keys(fields).map((sign) => name + sign));
  const values = keys.find((known) => known.name === key.replace(/^-/, ""))?.values ?? [];
  return values.map((value) => `${key}${operator}${value}`);
}

/** Returns a procedure's fields, and the values of a field that takes one of a few. */
function fieldCandidates({ input }: Procedure, last: string): string[] {
  const fields = Object.entries(input.properties ?? {});
  const [, name] = /^(\w+)=/.exec(last) ?? [];
  if (name === undefined) return fields.map(([field]) => `${field}=`);
  return schemaValues(input.properties?.[name] ?? {}).map((value) => `${name}=${value}`);
}

function schemaValues(schema: Schema): string[] {
  if (schema.enum) return schema.enum.map(String);
  if (schema.type === "boolean") return ["true", "false"];
  return [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(schemaValues);
}
