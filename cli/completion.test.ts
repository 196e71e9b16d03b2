import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import { SHELLS } from "./commands/completion";
import { EXIT } from "./failure";
import { styler } from "./io";
import { runProgram } from "./program";

let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function type(words: string[], { url = web.url, self = ["agentrun"] }: { url?: string; self?: string[] } = {}) {
  const out: string[] = [];
  const code = await runProgram(words, {
    env: { AGENTRUN_URL: url, AGENTRUN_TOKEN: ADMIN_TOKEN },
    version: "1.2.3",
    out: (line) => void out.push(line),
    ...{
      note: () => undefined,
      bytes: async () => undefined,
      ask: null,
      lines: () => Readable.from([]),
      columns: null,
      style: styler(false),
      onInterrupt: () => undefined,
    },
    signal: new AbortController().signal,
    self,
  });
  return { code, out };
}
const candidates = async (...words: string[]) => (await type(["complete", "--", ...words])).out;

test("completes commands, and procedures once one is begun", async () => {
  const first = await candidates("");
  expect(first).toEqual(expect.arrayContaining(["run", "ls", "completion", "help"]));
  expect(first.filter((name) => name.includes("."))).toEqual([]);
  expect(await candidates("runs.c")).toEqual(expect.arrayContaining(["runs.cancel", "runs.create", "runs.claim"]));
  expect(await candidates("st")).toEqual(expect.arrayContaining(["status", "storage.get"]));
  expect(await candidates("help", "runs.ca")).toEqual(["runs.cancel"]);
});

test("completes lists, their query keys and values", async () => {
  expect(await candidates("ls", "ru")).toEqual(expect.arrayContaining(["runs", "runners"]));
  expect(await candidates("ls", "runs", "sta")).toEqual(expect.arrayContaining(["status:"]));
  expect(await candidates("ls", "runs", "profile:demo", "status:c")).toEqual([
    "status:claimed",
    "status:completed",
    "status:cancelled",
  ]);
  expect(await candidates("ls", "constructor", "")).toEqual([]);
  expect(await candidates("ls", "--l")).toEqual(["--limit"]);
});

test("completes a procedure's inputs, and values of enumerations", async () => {
  expect(await candidates("approvals.decide", "")).toEqual(
    expect.arrayContaining(["approvalId=", "decision=", "reason="]),
  );
  expect(await candidates("approvals.decide", "decision=acc")).toEqual([
    "decision=accept",
    "decision=acceptForSession",
  ]);
  expect(await candidates("webhooks.create", "events=task.")).toEqual(
    ["completed", "failed", "cancelled", "parked", "held"].map((state) => `events=task.${state}`),
  );
  expect(await candidates("no.procedure", "")).toEqual([]);
});

test("with an unreachable server completes only commands, without an error", async () => {
  const away = { url: "http://127.0.0.1:1" };
  expect(await type(["complete", "--", "sta"], away)).toEqual({ code: EXIT.ok, out: ["status"] });
  expect(await type(["complete", "--", "runs.cancel", ""], away)).toEqual({ code: EXIT.ok, out: [] });
});

test("an unknown shell is refused with the known ones", async () => {
  expect((await type(["completion", "tcsh"])).code).toBe(EXIT.usage);
  for (const shell of SHELLS) expect((await type(["completion", shell])).out.join("\n")).toContain("agentrun");
});

test("bash completion replaces only the part of a word after : or =", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-completion-"));
  const program = path.join(folder, "it's agentrun");
  // Stands in for the program: records the words that the shell asked about, and prints the answers.
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/asked'\ncat '${folder}/answers'\n`);
  await chmod(program, 0o755);
  const { out } = await type(["completion", "bash"], { self: [program] });
  await writeFile(path.join(folder, "completion"), out.join("\n"));
  const complete = async (line: string, answers: string[]) => {
    await writeFile(path.join(folder, "answers"), answers.map((answer) => `${answer}\n`).join(""));
    const script = `. "$1/completion"; COMP_LINE="$2"; COMP_POINT=\${#2}; _agentrun; printf '%s\\n' "\${COMPREPLY[@]}"; tail -n +4 "$1/asked"`;
    return execFileSync("bash", ["-c", script, "bash", folder, line], { encoding: "utf8" }).split("\n").slice(0, -1);
  };
  try {
    expect(await complete("agentrun st", ["status", "storage.get"])).toEqual(["status", "storage.get", "--", "st"]);
    expect(await complete("agentrun ls runs ", ["status:"])).toEqual(["status:", "--", "ls", "runs", ""]);
    expect(await complete("agentrun ls runs status:c", ["status:claimed"])).toEqual([
      ...["claimed", "--", "ls", "runs", "status:c"],
    ]);
    expect(await complete("agentrun approvals.decide decision=a", ["decision=accept"])).toEqual([
      ...["accept", "--", "approvals.decide", "decision=a"],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
