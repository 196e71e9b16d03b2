import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { ThreadItem } from "./protocol/codex";
import { describeRefusals } from "./refusals";
import { TurnCommands } from "./turn-commands";

const failed = (id: string, aggregatedOutput: string) =>
  ({ type: "commandExecution", id, command: "make", status: "failed", exitCode: 1, aggregatedOutput }) as ThreadItem;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test("keeps only as much output of failed commands as shows why they were refused", () => {
  const commands = new TurnCommands();
  const log = "x".repeat(400_000);
  const before = heapBytes();
  for (let index = 0; index < 100; index += 1)
    commands.record(failed(`item-${index}`, Buffer.from(log).toString()), "");
  expect(heapBytes() - before).toBeLessThan(15_000_000);
  const rollout = { itemId: "call", command: "make", exitCode: 1, output: log };
  const [output] = commands.addFromRollout("turn", "/", [rollout]);
  expect(output?.payload.text).toBe(log);
  expect(commands.calls).toHaveLength(101);
  expect(commands.calls.reduce((sum, call) => sum + call.output.length, 0)).toBeLessThan(4 * 1024 * 1024);

  commands.clear();
  commands.record(failed("first", `${log}\ntouch: Read-only file system`), "");
  commands.record(failed("second", `touch: Permission denied\n${log}`), "");
  expect(describeRefusals(commands.calls, {})).toMatch(/All 2 commands of this turn were refused/);
});
