import { readFileSync } from "node:fs";
import { readAssignments } from "@/cli/assignments";
import { optionText, type ParsedArgs } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { printJson, printLines } from "@/cli/print";
import { buildRequest, findProcedure, readProcedures } from "@/cli/procedures";

/** Calls any procedure of the API by name, or follows it where it is a stream. */
export async function callProcedure(io: Io, name: string, typed: ParsedArgs): Promise<number> {
  const procedure = findProcedure(await readProcedures(io.client), name);
  const input = { ...readInput(optionText(typed, "input")), ...readAssignments(typed.words, procedure.input) };
  const request = buildRequest(procedure, input);
  if (!procedure.isStream) {
    printJson(io, await io.client.call(request));
    return EXIT.ok;
  }
  for await (const frame of io.client.follow(request, io.signal)) printLines(io, [frame]);
  return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

/** Reads a JSON object from a file, or from stdin for `-`. */
function readInput(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  const text = readText(file);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Reported below, as for any other text that is not an object.
  }
  throw new UsageError(`${file === "-" ? "what is piped in" : file} is no object of JSON`);
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
