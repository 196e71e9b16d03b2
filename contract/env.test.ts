import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseEnv, ServerEnv } from "./env";

test("the documents describe every variable, and no other", () => {
  const text = readFileSync(path.join(import.meta.dirname, "../docs/CONFIGURATION.md"), "utf8");
  const described = new Set([...text.matchAll(/`([A-Z][A-Z0-9_]{3,})`/g)].map((found) => found[1]));
  described.delete("PATH");
  // Read by AWS's own client, not by AgentRun.
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) described.delete(name);
  // A runner's own variable, which whoever starts the runner may set.
  described.delete("AGENTRUN_SELF_FENCE");
  // Variables of the machine, which nobody sets for this program.
  const known = Object.keys(ServerEnv.shape).filter((name) => name !== "NODE_ENV" && name !== "PATH");
  expect([...described].sort()).toEqual(known.sort());
});

test("an invalid variable is named without its value", () => {
  const env = { DATABASE_URL: "mysql://user:hunter2@host/db", PORT: "99999", AGENTRUN_LEASE_MS: "" };
  expect(() => parseEnv(ServerEnv, env)).toThrow(/DATABASE_URL.*PORT|PORT.*DATABASE_URL/);
  expect(() => parseEnv(ServerEnv, env)).not.toThrow(/hunter2|99999/);
});
