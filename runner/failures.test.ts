import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { version } from "@/package.json";
import { findAttemptProcesses } from "@/supervisor/processes/scan";
import { isEnded, makeMachine, runTurn, type Started } from "./test/harness";

/**
 * A stand-in that speaks as much of codex's protocol as needed, and does what `script` says: JavaScript that sees `id`,
 * `method` and `params` of each request, answers with `say`, and ends a turn with `complete`.
 */
function fakeAppServer(root: string, script: string): string {
  const file = path.join(root, "fake-app-server");
  const whole = `#!${process.execPath}
const say = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
const complete = (status) => say({ method: "turn/completed", params: { threadId: "thread_1", turn: { id: "turn_1", status, error: null, items: [] } } });
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  ${script}
  if (method === "turn/start") { say({ id, result: { turn: { id: "turn_1" } } }); return void setTimeout(complete, 10, "completed"); }
  if (method === "turn/interrupt") { say({ id, result: {} }); return complete("interrupted"); }
  if (method === "thread/resume") return say({ id, error: { code: -32600, message: "no rollout found for thread id thread_1" } });
  if (id !== undefined) say({ id, result: { thread: { id: "thread_1" } } });
});
`;
  fs.writeFileSync(file, whole, { mode: 0o755 });
  return file;
}

const hasStarted = ({ controlPlane }: Started) =>
  controlPlane.until("the turn's start", () =>
    controlPlane.payloads("backend_status").some(({ phase }) => phase === "turn-started"),
  );

/** A stand-in for codex that fails in a given way, which the real one cannot be made to do. */
function fakeCodex(root: string, script: string): string {
  const file = path.join(root, "fake-codex");
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

test.each([
  ["is missing", "/nowhere/codex", /no codex to run at \/nowhere\/codex[\s\S]*AGENTRUN_CODEX_PATH/],
  ["is not on PATH", "codex-nowhere", /no codex to run by the name of codex-nowhere on PATH[\s\S]*AGENTRUN_CODEX_PATH/],
  ["exits at once", "echo no licence >&2; exit 7", /exited with code 7[\s\S]*no licence/],
  ["prints garbage without end", "while :; do echo this is not json; done", /not JSON-RPC/],
  [
    "refuses its configuration",
    "echo 'ERROR codex_app_server: Invalid configuration; using defaults. config.toml:2:8' >&2; read line; echo '{\"id\":1,\"result\":{}}'; sleep 30",
    /refused its configuration[\s\S]*config.toml:2:8/,
  ],
])("a codex that %s fails the run as backend-failed, with the reason", async (_how, script, message) => {
  await using machine = await makeMachine();
  const codexPath = script.includes("nowhere") ? script : fakeCodex(machine.root, script);
  const { controlPlane, ended } = machine.start({}, { codexPath });
  const turn = controlPlane.order("turn", { text: "hello" });

  expect(await ended).toMatchObject({
    kind: "failed",
    failureKind: "backend-failed",
    message: expect.stringMatching(message),
  });
  expect(controlPlane.state(turn)).toMatchObject({ state: "failed", failureKind: "backend-failed" });
  expect(controlPlane.finished).toMatchObject({ terminalStatus: "failed", failureKind: "backend-failed" });
  expect(controlPlane.payloads("error")[0]?.message).toMatch(message);
});

test("a codex that hangs is ended after its time limit, with all its processes", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended } = machine.start(
    {},
    { codexPath: fakeCodex(machine.root, "sleep 600"), startTimeoutMs: 300 },
  );
  controlPlane.order("turn", { text: "hello" });

  expect(await ended).toMatchObject({
    kind: "failed",
    failureKind: "backend-failed",
    message: expect.stringContaining("did not answer initialize"),
  });
});

test.each(["cancel", "terminate"] as const)("a codex that hangs at its start does not delay a %s", async (how) => {
  await using machine = await makeMachine();
  const marker = path.join(machine.root, "started");
  const codexPath = fakeCodex(machine.root, `touch ${marker}; sleep 600`);
  const { controlPlane, ended, terminate } = machine.start({}, { codexPath });
  controlPlane.order("turn", { text: "hello" });
  await expect.poll(() => fs.existsSync(marker)).toBe(true);
  if (how === "cancel") controlPlane.cancel();
  else terminate();

  expect(await ended).toEqual({ kind: how === "cancel" ? "cancelled" : "released" });
});

test("a turn acknowledged but unsent when its runner is told to end stays acknowledged", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended, terminate } = machine.start();
  const acknowledge = controlPlane.ackCommand.bind(controlPlane);
  controlPlane.ackCommand = async (input) => {
    await acknowledge(input);
    terminate();
  };
  const turn = controlPlane.order("turn", { text: "hello" });

  expect(await ended).toEqual({ kind: "released" });
  expect(controlPlane.state(turn).state).toBe("acknowledged");
});

test("a turn that meets the provider's usage limit fails as rate-limited, with the provider's message", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "Run into the usage limit" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  expect(controlPlane.state(turn)).toMatchObject({
    ...{ state: "failed", failureKind: "rate-limited" },
    failureMessage: expect.stringMatching(/quota|usage limit/i),
  });
});

test("a turn above its time limit is interrupted and fails as timeout", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start({ executionPolicy: { turnTimeoutMs: 1_000 } });
  const turn = controlPlane.order("turn", { text: "RUN `sleep 600`" });
  await controlPlane.until("its end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(turn)).toMatchObject({ state: "failed", failureKind: "timeout" });
});

test("a cancelled run stops its turn, and ends once nothing of the agent is left", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended } = machine.start();
  const turn = controlPlane.order("turn", { text: "RUN `sleep 600`" });
  await controlPlane.until("the command", () => controlPlane.payloads("command_execution").length > 0);
  controlPlane.cancel();

  expect(await ended).toEqual({ kind: "cancelled" });
  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled", failureKind: "cancelled" });
  expect(controlPlane.finished).toMatchObject({ terminalStatus: "cancelled", failureKind: "cancelled" });
});

test("an idle run ends at once when another run of its session waits", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended } = machine.start();
  const turn = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("its end", () => isEnded(controlPlane.state(turn)));
  controlPlane.shouldYield = true;

  expect(await ended).toEqual({ kind: "completed" });
});

test("a self-fencing runner ends its agent while the server is away", async () => {
  await using machine = await makeMachine();
  const { assignment } = machine.start().controlPlane.run;
  const { controlPlane, ended } = machine.start({ assignment: { ...assignment, selfFence: true } });
  controlPlane.isAway = true;

  expect(await ended).toMatchObject({ kind: "lost", message: expect.stringContaining("no answer from the server") });
});

test("while the server is away the agent continues, and every event arrives once and in order", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended } = machine.start({ executionPolicy: { idleTimeoutMs: 100 } });
  const commands = Array.from({ length: 40 }, (_, index) => `RUN \`echo line ${index}\``).join(" ");
  const turn = controlPlane.order("turn", { text: commands });
  await controlPlane.until("the first output", () => controlPlane.payloads("command_output").length > 0);
  controlPlane.isAway = true;
  // The demo model has answered all calls: the agent finished its turn while the runner was away.
  await machine.model.asked(41);
  expect(controlPlane.state(turn).state).toBe("acknowledged");
  controlPlane.isAway = false;

  expect(await ended).toEqual({ kind: "completed" });
  expect(controlPlane.payloads("command_output").map(({ text }) => text)).toEqual(
    Array.from({ length: 40 }, (_, index) => `line ${index}\n`),
  );
});

const HANGS_IN_ITS_TURN =
  'if (method === "turn/interrupt") return; if (method === "turn/start" && params.input[0].text === "hang") return say({ id, result: { turn: { id: "turn_1" } } });';

test("a turn runs after an interrupt that killed codex before it stored the thread", async () => {
  await using machine = await makeMachine();
  const started = machine.start(
    {},
    { codexPath: fakeAppServer(machine.root, HANGS_IN_ITS_TURN), interruptBoundMs: 200 },
  );
  const { controlPlane } = started;
  const turn = controlPlane.order("turn", { text: "hang" });
  await hasStarted(started);
  controlPlane.order("interrupt", {});
  const next = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));

  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled", failureMessage: "interrupted" });
  expect(controlPlane.state(next)).toMatchObject({ state: "completed" });
  expect(controlPlane.payloads("warning")).toMatchObject([{ code: "thread-replaced" }]);
});

const SAYS_NOTHING_TO_THE_TURN = 'if (method === "turn/start" && params.input[0].text === "hang") return;';

test("a cancelled run ends within its time limit although codex does not answer", async () => {
  await using machine = await makeMachine();
  const codexPath = fakeAppServer(machine.root, SAYS_NOTHING_TO_THE_TURN);
  const { controlPlane, ended } = machine.start({}, { codexPath, interruptBoundMs: 200 });
  const turn = controlPlane.order("turn", { text: "hang" });
  await controlPlane.until("its acknowledgement", () => controlPlane.state(turn).state === "acknowledged");
  controlPlane.cancel();

  expect(await ended).toEqual({ kind: "cancelled" });
  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled" });
});

test("an interrupt that codex does not answer ends the turn within its time limit, and the run continues", async () => {
  await using machine = await makeMachine();
  const codexPath = fakeAppServer(machine.root, SAYS_NOTHING_TO_THE_TURN);
  const { controlPlane } = machine.start({}, { codexPath, interruptBoundMs: 200 });
  const turn = controlPlane.order("turn", { text: "hang" });
  await controlPlane.until("its acknowledgement", () => controlPlane.state(turn).state === "acknowledged");
  const interrupt = controlPlane.order("interrupt", {});
  const next = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));

  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled", failureMessage: "interrupted" });
  expect(controlPlane.state(interrupt)).toMatchObject({ state: "completed" });
  expect(controlPlane.state(next)).toMatchObject({ state: "completed" });
});

test("an interrupt does not wait for a steer that codex does not answer", async () => {
  await using machine = await makeMachine();
  const script = `if (method === "turn/steer") return; ${HANGS_IN_ITS_TURN.replace('if (method === "turn/interrupt") return;', "")}`;
  const started = machine.start({}, { codexPath: fakeAppServer(machine.root, script) });
  const { controlPlane } = started;
  const turn = controlPlane.order("turn", { text: "hang" });
  await hasStarted(started);
  const steer = controlPlane.order("steer", { text: "more" });
  await controlPlane.until("its acknowledgement", () => controlPlane.state(steer).state === "acknowledged");
  controlPlane.order("interrupt", {});
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled", failureMessage: "interrupted" });
});

test("without namespaces, notices a dead codex whose child processes hold its stderr", async () => {
  await using machine = await makeMachine();
  const pidFile = path.join(machine.root, "unmarked");
  // The second process has dropped the attempt's mark, so that no scan finds it.
  const script = `if (method === "turn/start") {
    const { spawn } = require("child_process");
    const start = (...command) => spawn("env", [...command, "sleep", "600"], { detached: true, stdio: ["ignore", "ignore", "inherit"] });
    start();
    require("fs").writeFileSync("${pidFile}", String(start("--unset=AGENTRUN_ATTEMPT").pid));
    return process.exit(9);
  }`;
  const codexPath = fakeAppServer(machine.root, script);
  const { controlPlane, ended, attemptId } = machine.start({}, { codexPath, isolation: "process-group" });
  const turn = controlPlane.order("turn", { text: "hello" });

  expect(await ended).toMatchObject({ kind: "failed", message: expect.stringContaining("exited with code 9") });
  expect(controlPlane.state(turn)).toMatchObject({ state: "failed", failureKind: "backend-failed" });
  expect(await findAttemptProcesses(attemptId)).toEqual([]);
  process.kill(Number(fs.readFileSync(pidFile, "utf8")), "SIGKILL");
});

test("codex receives AgentRun's version as its client's", async () => {
  await using machine = await makeMachine();
  const file = path.join(machine.root, "hello");
  const script = `if (method === "initialize") require("fs").writeFileSync(${JSON.stringify(file)}, JSON.stringify(params.clientInfo));`;
  await runTurn(machine.start({}, { codexPath: fakeAppServer(machine.root, script) }), "hello");
  expect(JSON.parse(fs.readFileSync(file, "utf8"))).toEqual({ name: "agentrun", title: "AgentRun", version });
});

test("a codex that falls silent in its turn is killed, the turn fails, and the run continues", async () => {
  await using machine = await makeMachine();
  const codexPath = fakeAppServer(machine.root, HANGS_IN_ITS_TURN);
  const { controlPlane } = machine.start({}, { codexPath, silenceMaxMs: 500 });
  const turn = controlPlane.order("turn", { text: "hang" });
  const next = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));

  const message = expect.stringMatching(/said nothing[\s\S]*turnTimeoutMs/);
  expect(controlPlane.state(turn)).toMatchObject({
    state: "failed",
    failureKind: "backend-failed",
    failureMessage: message,
  });
  expect(controlPlane.payloads("error")).toMatchObject([{ message }]);
  expect(controlPlane.state(next)).toMatchObject({ state: "completed" });
});

test("a codex that waits for an approval does not count as silent", async () => {
  await using machine = await makeMachine();
  const script = `if (id === "ask") return complete("completed");
  if (method === "turn/start") { say({ id, result: { turn: { id: "turn_1" } } }); return say({ id: "ask", method: "item/commandExecution/requestApproval", params: { itemId: "item_1", turnId: "turn_1", command: "ls" } }); }`;
  const { controlPlane } = machine.start({}, { codexPath: fakeAppServer(machine.root, script), silenceMaxMs: 400 });
  const turn = controlPlane.order("turn", { text: "hello" });
  const asked = await controlPlane.until("the request", () => controlPlane.payloads("approval_request")[0]);
  // Two beats take longer than the permitted silence.
  const { beats } = controlPlane;
  await expect.poll(() => controlPlane.beats, { timeout: 10_000 }).toBeGreaterThan(beats + 2);
  controlPlane.order("approve", { approvalId: asked.approvalId, decision: "accept" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(turn)).toMatchObject({ state: "completed" });
});

test("a silent codex is killed also after a turn that was stopped during an approval", async () => {
  await using machine = await makeMachine();
  const ask = `say({ id: "ask", method: "item/commandExecution/requestApproval", params: { itemId: "item_1", turnId: "turn_1", command: "ls" } })`;
  const script = `if (method === "turn/start") { say({ id, result: { turn: { id: "turn_1" } } }); if (params.input[0].text === "ask") ${ask}; return; }`;
  const { controlPlane } = machine.start({}, { codexPath: fakeAppServer(machine.root, script), silenceMaxMs: 500 });
  let hasAsked = false;
  controlPlane.requestApproval = () => {
    hasAsked = true;
    controlPlane.tell();
    return new Promise(() => {});
  };
  controlPlane.order("turn", { text: "ask" });
  await controlPlane.until("the request", () => hasAsked);
  controlPlane.order("interrupt", {});
  const next = controlPlane.order("turn", { text: "hang" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));

  expect(controlPlane.state(next)).toMatchObject({ state: "failed", failureKind: "backend-failed" });
});

test("the next turn resumes a thread whose last line was torn by an interrupt's kill", async () => {
  await using machine = await makeMachine();
  const script = `const fs = require("fs");
  const rollout = process.env.CODEX_HOME + "/sessions/rollout-thread_1.jsonl";
  if (method === "turn/start" && params.input[0].text === "hang") fs.writeFileSync(rollout, '{"whole":1}\\n{"torn');
  if (method === "thread/resume" && fs.readFileSync(rollout, "utf8").endsWith("}\\n")) return say({ id, result: { thread: { id: "thread_1" } } });
  ${HANGS_IN_ITS_TURN}`;
  const started = machine.start({}, { codexPath: fakeAppServer(machine.root, script), interruptBoundMs: 200 });
  const { controlPlane } = started;
  controlPlane.order("turn", { text: "hang" });
  await hasStarted(started);
  controlPlane.order("interrupt", {});
  const next = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));

  expect(controlPlane.state(next)).toMatchObject({ state: "completed" });
  expect(controlPlane.payloads("backend_status")).toContainEqual(expect.objectContaining({ phase: "thread-resumed" }));
  expect(controlPlane.payloads("warning")).toMatchObject([{ message: expect.stringContaining("cut off") }]);
});
