import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { expect, test, vi } from "vitest";
import { openLog, rotateLog } from "./log";

function scratch(): { folder: string } & Disposable {
  const folder = mkdtempSync(path.join(tmpdir(), "agentrun-log-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test("rotates a log while it is written, without losing a line", async () => {
  using place = scratch();
  const file = path.join(place.folder, "agentrun.log");
  appendFileSync(file, "an earlier start\n");
  const terminal = new Writable({ write: (_chunk, _encoding, done) => done() });
  const log = openLog(place.folder, { showsDetails: true, terminal, sizeMaxBytes: 1_000 });
  for (let line = 1; line <= 150; line += 1) log.print(`line ${String(line).padStart(4, "0")}`);
  const read = () => readFileSync(`${file}.1`, "utf8") + readFileSync(file, "utf8");

  await vi.waitFor(() => expect(read()).toMatch(/an earlier start\nline 0001[\s\S]*line 0150\n$/));
  expect(read().split("\n")).toHaveLength(152);
  expect(statSync(`${file}.1`).size).toBeLessThan(1_100);
});

test("the terminal shows only important lines, and the file has all", async () => {
  using place = scratch();
  const shown: string[] = [];
  const terminal = new Writable({
    write(chunk, _encoding, done) {
      shown.push(String(chunk).trimEnd());
      done();
    },
  });
  const lines = [
    '{"level":"info","name":"worker","msg":"working"}',
    '{"level":"debug","msg":"a look"}',
    '{"level":"warn","msg":"tried again"}',
    '{"level":"error","msg":"a pass failed"}',
    "not JSON",
  ];
  const quiet = openLog(place.folder, { showsDetails: false, terminal });
  for (const line of lines) quiet.printChildLine("worker", line);
  quiet.print("AgentRun is ready");
  expect(shown).toEqual([...lines.slice(2).map((line) => `worker  | ${line}`), "AgentRun is ready"]);
  const file = path.join(place.folder, "agentrun.log");
  await vi.waitFor(() => expect(readFileSync(file, "utf8").split("\n")).toHaveLength(lines.length + 2));
  openLog(place.folder, { showsDetails: true, terminal }).printChildLine("worker", lines[0] ?? "");
  expect(shown.at(-1)).toContain("working");
});

test("rotates a log that another process appends to", async () => {
  using place = scratch();
  const file = path.join(place.folder, "postgres.log");
  const held = openSync(file, "a");
  writeSync(held, "before\n");
  await rotateLog(file, 100);
  expect(readFileSync(file, "utf8")).toBe("before\n");
  await rotateLog(file, 5);
  writeSync(held, "after\n");
  closeSync(held);
  expect([readFileSync(`${file}.1`, "utf8"), readFileSync(file, "utf8")]).toEqual(["before\n", "after\n"]);
});
