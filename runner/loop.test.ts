import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { isEnded, makeMachine } from "./test/harness";

test("a first turn streams, is stored merged, and ends the run after its idle time", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended: runEnded } = machine.start({ executionPolicy: { idleTimeoutMs: 50 } });
  const turn = controlPlane.order("turn", { text: "hello" });

  expect(await runEnded).toEqual({ kind: "completed" });

  expect(controlPlane.state(turn)).toMatchObject({ state: "completed" });
  expect(controlPlane.finished).toMatchObject({ terminalStatus: "completed" });
  expect(controlPlane.payloads("user_message")).toMatchObject([{ text: "hello", commandId: turn.id }]);
  expect(controlPlane.payloads("assistant_message")).toHaveLength(1);
  expect(controlPlane.payloads("assistant_message")[0]?.text).toContain("You said: “hello”");
  expect(controlPlane.frames.some((frame) => frame.kind === "assistant_message")).toBe(true);
  expect(controlPlane.payloads("token_usage")[0]?.totalTokens).toBeGreaterThan(0);
  expect(controlPlane.payloads("warning")).toEqual([]);
  expect(controlPlane.run.assignment.session?.threadId).toMatch(/^[0-9a-f-]{36}$/);
});

test("reports a tool call with command, output and exit code, and a patch with its diff", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const tool = controlPlane.order("turn", { text: "RUN `echo out; exit 3`" });
  const patch = controlPlane.order("turn", { text: "write a file" });
  await controlPlane.until("the second turn's end", () => isEnded(controlPlane.state(patch)));

  expect(controlPlane.state(tool).state).toBe("completed");
  const [first, second] = controlPlane.payloads("command_execution");
  expect(first).toMatchObject({ status: "inProgress", cwd: machine.workspaceDir });
  expect(second).toMatchObject({ status: "failed", exitCode: 3, itemId: first?.itemId });
  expect(controlPlane.payloads("command_output")[0]).toMatchObject({ text: "out\n", itemId: first?.itemId });
  const changes = controlPlane.payloads("file_change").filter((payload) => payload.status === "completed");
  expect(changes).toMatchObject([
    { changes: [{ path: "hello.py", kind: "add" }] },
    { changes: [{ path: "hello.py", kind: "update" }] },
  ]);
  expect(controlPlane.payloads("diff").at(-1)?.diff).toContain("+++ b/hello.py");
  expect(fs.existsSync(path.join(machine.workspaceDir, "hello.py"))).toBe(true);
});

test("a steer reaches the active turn, and one without a turn fails as no-active-turn", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const early = controlPlane.order("steer", { text: "too early" });
  const turn = controlPlane.order("turn", { text: "RUN `sleep 1` RUN `echo end`" });
  const steer = controlPlane.order("steer", { text: "mind the gap" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(early)).toMatchObject({
    state: "failed",
    failureMessage: expect.stringContaining("no-active-turn"),
  });
  expect(controlPlane.state(steer).state).toBe("completed");
  expect(controlPlane.payloads("user_message")).toContainEqual(
    expect.objectContaining({ text: "mind the gap", commandId: steer.id, isSteer: true }),
  );
  expect(
    controlPlane
      .payloads("assistant_message")
      .map(({ text }) => text)
      .join(),
  ).toContain("“mind the gap”");
});

test("an interrupt cancels the turn with its background processes, and the thread continues", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "RUN `sleep 600`" });
  await controlPlane.until("the command's start", () => controlPlane.payloads("command_execution").length > 0);
  const interrupt = controlPlane.order("interrupt", {});
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  const next = controlPlane.order("turn", { text: "still there?" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));

  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled", failureKind: "cancelled" });
  await controlPlane.until("the interrupt's end", () => controlPlane.state(interrupt).state === "completed");
  expect(controlPlane.payloads("assistant_message").at(-1)?.text).toContain("1 earlier message of yours");
});

test.each(["interrupt", "steer"] as const)("%s acts on the active turn although another waits", async (type) => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const under = controlPlane.order("turn", {
    text: type === "steer" ? "RUN `sleep 1` RUN `echo end`" : "RUN `sleep 600`",
  });
  await controlPlane.until("the command's start", () => controlPlane.payloads("command_execution").length > 0);
  const behind = controlPlane.order("turn", { text: "hello" });
  const urgent = controlPlane.order(type, type === "steer" ? { text: "mind the gap" } : {});
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(behind)));
  await controlPlane.until("the command's end", () => isEnded(controlPlane.state(urgent)));

  expect(controlPlane.state(urgent).state).toBe("completed");
  expect(controlPlane.state(under).state).toBe(type === "steer" ? "completed" : "cancelled");
  expect(controlPlane.state(behind).state).toBe("completed");
  if (type === "steer")
    expect(controlPlane.payloads("user_message")[1]).toMatchObject({ text: "mind the gap", isSteer: true });
});

test("a steer for a turn cancelled before its start does not delay a later interrupt", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const under = controlPlane.order("turn", { text: "RUN `sleep 600`" });
  await controlPlane.until("the command's start", () => controlPlane.payloads("command_execution").length > 0);
  const behind = controlPlane.order("turn", { text: "hello" });
  const steer = controlPlane.order("steer", { text: "more" });
  controlPlane.withdraw(behind);
  const interrupt = controlPlane.order("interrupt", {});
  await controlPlane.until("the interrupt's end", () => isEnded(controlPlane.state(interrupt)));

  expect(controlPlane.state(interrupt).state).toBe("completed");
  await controlPlane.until("the turn's end", () => controlPlane.state(under).state === "cancelled");
  await controlPlane.until("the steer's end", () => isEnded(controlPlane.state(steer)));
});

test.each([
  ["accept", true],
  ["acceptForSession", true],
  ["decline", false],
] as const)("an approval waits for its decision: %s", async (decision, isRun) => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start({ executionPolicy: { approval: "on-request" } });
  const turn = controlPlane.order("turn", { text: "ask me for approval" });
  const asked = await controlPlane.until("the request", () => controlPlane.payloads("approval_request")[0]);
  expect(asked).toMatchObject({ kind: "command", command: expect.stringContaining("date -u > approved.txt") });
  expect(fs.existsSync(path.join(machine.workspaceDir, "approved.txt"))).toBe(false);
  const approve = controlPlane.order("approve", { approvalId: asked.approvalId, decision });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(turn).state).toBe("completed");
  expect(controlPlane.state(approve).state).toBe("completed");
  expect(fs.existsSync(path.join(machine.workspaceDir, "approved.txt"))).toBe(isRun);
  const late = controlPlane.order("approve", { approvalId: asked.approvalId, decision: "accept" });
  await controlPlane.until("the late decision's end", () => controlPlane.state(late).state === "failed");
  expect(controlPlane.state(late).failureMessage).toContain("approval-not-pending");
});

test("a model's failure fails the turn, and the run continues", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "please fail" });
  const next = controlPlane.order("turn", { text: "hello again" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));

  expect(controlPlane.state(turn)).toMatchObject({
    state: "failed",
    failureKind: "backend-failed",
    failureMessage: expect.stringContaining("on purpose"),
  });
  expect(controlPlane.payloads("error")).toHaveLength(1);
  expect(controlPlane.state(next).state).toBe("completed");
});

test("a drained runner finishes its turn, takes no further one, and releases the run", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended: runEnded } = machine.start();
  const turn = controlPlane.order("turn", { text: "RUN `sleep 1`" });
  const waiting = controlPlane.order("turn", { text: "another" });
  await controlPlane.until("the turn's beginning", () => controlPlane.state(turn).state === "acknowledged");
  controlPlane.isDraining = true;
  expect(await runEnded).toEqual({ kind: "released", isDrained: true });
  expect(controlPlane.state(turn).state).toBe("completed");
  expect(controlPlane.state(waiting).state).toBe("pending");
  expect(controlPlane).toMatchObject({ released: true, releasedDrained: true, finished: undefined });
});

test("a drained runner without waiting turns ends its run at once", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended: runEnded } = machine.start({ executionPolicy: { idleTimeoutMs: 600_000 } });
  const turn = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  controlPlane.isDraining = true;
  expect(await runEnded).toEqual({ kind: "completed" });
  expect(controlPlane.released).toBe(false);
});
