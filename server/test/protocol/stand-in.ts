import { writeFileSync } from "node:fs";
import path from "node:path";

/**
 * A stand-in for codex that in each turn does what makes a runner talk to its server: a command that needs approval, a
 * message that grows, token counts, a rollout. A recording of the real codex would contain its prompts.
 */
const SCRIPT = `#!${process.execPath}
const fs = require("fs");
const say = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
const tell = (method, params) => say({ method, params: { threadId: "thread_1", turnId: "turn_1", ...params } });
const command = (more) => ({ type: "commandExecution", id: "item_1", command: "echo kept", cwd: "/workspace", ...more });
const count = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningOutputTokens: 0, totalTokens: 2 };
function work() {
  fs.writeFileSync("kept.txt", "kept\\n");
  tell("item/completed", { item: command({ status: "completed", exitCode: 0, aggregatedOutput: "kept\\n" }) });
  tell("item/agentMessage/delta", { itemId: "item_2", delta: "do" });
  setTimeout(end, 1000);
}
function end() {
  tell("item/completed", { item: { type: "agentMessage", id: "item_2", text: "done" } });
  tell("thread/tokenUsage/updated", { tokenUsage: { total: count, last: count, modelContextWindow: null } });
  tell("turn/completed", { turn: { id: "turn_1", status: "completed", error: null, items: [] } });
}
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === "ask") return work();
  if (method === "turn/start") {
    fs.appendFileSync(process.env.CODEX_HOME + "/sessions/rollout-thread_1.jsonl", '{"turn":1}\\n');
    say({ id, result: { turn: { id: "turn_1" } } });
    tell("item/started", { item: command({ status: "inProgress" }) });
    if (params.input[0].text === "hello") return work();
    return say({ id: "ask", method: "item/commandExecution/requestApproval", params: { itemId: "item_1", turnId: "turn_1", command: "echo kept" } });
  }
  if (id !== undefined) say({ id, result: { thread: { id: "thread_1" } } });
});
`;

/** Writes the program into a folder; returns its path. */
export function makeStandIn(folder: string): string {
  const file = path.join(folder, "stand-in");
  writeFileSync(file, SCRIPT, { mode: 0o755 });
  return file;
}
