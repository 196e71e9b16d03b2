import type { Method } from "@/cli/client";
import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import { printJson } from "@/cli/print";

const METHODS: readonly Method[] = ["GET", "POST", "PATCH", "DELETE"];

/** Makes a single call as it is typed, such as one copied from a page of the console. */
export const api: Command = {
  name: "api",
  usage: "METHOD PATH [JSON]",
  summary: "Call a path below /api/v1 as it is",
  async run(io, { words: [typedMethod = "", path = "", json, ...more] }) {
    const method = METHODS.find((known) => known === typedMethod.toUpperCase());
    if (method === undefined || !path.startsWith("/") || more.length > 0)
      throw new UsageError("api takes a method, a path and perhaps JSON", "agentrun api GET /overview");
    printJson(io, await io.client.call({ method, path, ...(json === undefined ? {} : { body: readBody(json) }) }));
    return EXIT.ok;
  },
};

function readBody(json: string): object {
  try {
    const body: unknown = JSON.parse(json);
    if (typeof body === "object" && body !== null) return body;
  } catch {
    // Reported below, as for any other text that is not an object.
  }
  throw new UsageError(
    "the body is no object of JSON",
    `agentrun api POST /queue/controls/pause '{"queue":"default"}'`,
  );
}
