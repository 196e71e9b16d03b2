import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { answerDemo } from "@/demo/model";
import { findAttemptProcesses } from "@/supervisor/processes/scan";
import { isEnded, makeMachine } from "./test/harness";
import { scriptedModel } from "./test/scripted-model";

// What codex does by itself, beyond the turn that was asked of it.

/** The agent hands its work to a sub-agent, which runs a command; `then` is what the first agent does afterwards. */
function delegating(cmd: string, then: (agentId: string, outputs: string[]) => ReturnType<Script>, how: object = {}) {
  return scriptedModel(({ text, outputs }) => {
    if (text.includes("still there?")) return "I am.";
    const isHelper = text.includes("do the work") && !text.includes("spawn_agent");
    if (isHelper) {
      if (outputs.length > 0) return "The work is done.";
      return { name: "exec_command", arguments: { cmd, yield_time_ms: 30_000, ...how } };
    }
    const [spawned, ...more] = outputs;
    if (spawned === undefined) return agents("spawn_agent", { message: "do the work" });
    return then((JSON.parse(spawned) as { agent_id: string }).agent_id, more);
  });
}
type Script = Parameters<typeof scriptedModel>[0];

function agents(name: string, args: object) {
  return { name, namespace: "multi_agent_v1", arguments: args };
}

/** Counts the commands of an attempt that are sleeping. */
async function sleepers(attemptId: string): Promise<number> {
  const lines = (await findAttemptProcesses(attemptId)).map((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return ""; // It has ended meanwhile.
    }
  });
  return lines.filter((line) => line.startsWith("sleep\0")).length;
}

test("a turn ends once its agent's sub-agents have ended", async () => {
  await using machine = await makeMachine(delegating("sleep 1; echo done > work.txt", () => "I am done."));
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(turn).state).toBe("completed");
  expect(fs.existsSync(path.join(machine.workspaceDir, "work.txt"))).toBe(true);
  expect(controlPlane.payloads("assistant_message")).toMatchObject([
    { text: "I am done." },
    { text: "The work is done.", agentThreadId: expect.any(String) },
  ]);
  expect(controlPlane.payloads("backend_status").at(-1)).toMatchObject({ phase: "turn-completed" });
});

test("a sub-agent's request needs an approval, also after the agent's own end", async () => {
  await using machine = await makeMachine(
    delegating("echo done > work.txt", () => "I am done.", {
      sandbox_permissions: "require_escalated",
      justification: "may I?",
    }),
  );
  const { controlPlane } = machine.start({ executionPolicy: { approval: "on-request" } });
  const turn = controlPlane.order("turn", { text: "hello" });
  const asked = await controlPlane.until("the request", () => controlPlane.payloads("approval_request")[0]);
  await controlPlane.until("the agent's end", () => controlPlane.payloads("assistant_message").length > 0);
  expect(controlPlane.state(turn).state).toBe("acknowledged");
  // A steer is accepted until just before the agent's very end.
  const steer = async () => {
    const { id } = controlPlane.order("steer", { text: "and quickly" });
    const now = () => controlPlane.commands.find((command) => command.id === id);
    await controlPlane.until("the steer's end", () => isEnded(now() ?? { state: "pending" }));
    return now()?.failureMessage ?? "";
  };
  await expect.poll(steer).toMatch(/^no-active-turn: .*sub-agents take no message/);
  expect(asked).toMatchObject({ agentThreadId: expect.any(String), turnId: expect.any(String) });
  controlPlane.order("approve", { approvalId: asked.approvalId, decision: "accept" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(turn).state).toBe("completed");
  expect(fs.existsSync(path.join(machine.workspaceDir, "work.txt"))).toBe(true);
});

test.each(["before", "after"])("an interrupt also stops sub-agents, %s the agent's own end", async (when) => {
  await using machine = await makeMachine(
    delegating("sleep 600; echo done > work.txt", () =>
      when === "after"
        ? "I am done."
        : { name: "exec_command", arguments: { cmd: "sleep 600", yield_time_ms: 30_000 } },
    ),
  );
  const { controlPlane, attemptId } = machine.start();
  const turn = controlPlane.order("turn", { text: "hello" });
  const commands = when === "after" ? 1 : 2;
  await controlPlane.until("the commands", () => controlPlane.payloads("command_execution").length === commands);
  if (when === "after")
    await controlPlane.until("the agent's end", () => controlPlane.payloads("assistant_message").length > 0);
  const interrupt = controlPlane.order("interrupt", {});
  await controlPlane.until("the interrupt's end", () => isEnded(controlPlane.state(interrupt)));
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(interrupt).state).toBe("completed");
  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled", failureKind: "cancelled" });
  const next = controlPlane.order("turn", { text: "still there?" });
  await controlPlane.until("the next turn's end", () => isEnded(controlPlane.state(next)));
  await expect.poll(() => sleepers(attemptId), { timeout: 20_000 }).toBe(0);
  expect(controlPlane.payloads("command_execution").filter(({ status }) => status === "completed")).toEqual([]);
  expect(fs.existsSync(path.join(machine.workspaceDir, "work.txt"))).toBe(false);
});

test("an interrupt also ends background processes of a finished sub-agent", async () => {
  await using machine = await makeMachine(
    scriptedModel(({ text, outputs }) => {
      const isHelper = text.includes("do the work") && !text.includes("spawn_agent");
      if (!isHelper && outputs.length === 0) return agents("spawn_agent", { message: "do the work" });
      if (isHelper && outputs.length > 0) return "The work is done.";
      const cmd = `sleep ${isHelper ? 601 : 602}`;
      return { name: "exec_command", arguments: { cmd, yield_time_ms: isHelper ? 300 : 30_000 } };
    }),
  );
  const { controlPlane, attemptId } = machine.start();
  const turn = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the other's end", () => controlPlane.payloads("assistant_message").length > 0);
  await expect.poll(() => sleepers(attemptId), { timeout: 20_000 }).toBe(2);
  controlPlane.order("interrupt", {});
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  expect(controlPlane.state(turn).state).toBe("cancelled");
  await expect.poll(() => sleepers(attemptId), { timeout: 5_000 }).toBe(0);
});

test("a sub-agent closed by its agent does not delay the turn", async () => {
  await using machine = await makeMachine(
    delegating("sleep 600", (target, outputs) =>
      outputs.length === 0 ? agents("close_agent", { target }) : "I closed it.",
    ),
  );
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  expect(controlPlane.state(turn).state).toBe("completed");
  expect(controlPlane.payloads("assistant_message").at(-1)).toMatchObject({ text: "I closed it." });
});

test("codex starts no turn by itself", async () => {
  await using machine = await makeMachine(
    scriptedModel(({ outputs }) =>
      outputs.length === 0 ? { name: "create_goal", arguments: { objective: "go on for ever" } } : "I stop here.",
    ),
  );
  const { controlPlane, ended: runEnded } = machine.start({ executionPolicy: { idleTimeoutMs: 500 } });
  controlPlane.order("turn", { text: "hello" });
  expect(await runEnded).toEqual({ kind: "completed" });
  expect(controlPlane.payloads("assistant_message")).toHaveLength(1);
  expect(machine.model.requests).toHaveLength(2);
});

test("the demo's agent delegates work, waits for it and reports its outcome", async () => {
  // Slow enough that text is shown while it is being written.
  await using machine = await makeMachine((body, signal) => answerDemo(body, signal, 60));
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "delegate it" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.state(turn).state).toBe("completed");
  const [spawned] = controlPlane.payloads("tool_call").filter(({ status }) => status === "completed");
  expect(spawned).toMatchObject({ tool: "spawnAgent", server: "agents" });
  const [output] = controlPlane.payloads("command_output");
  const agentThreadId = String(output?.agentThreadId);
  expect(output).toMatchObject({ text: "0\n" });
  expect(spawned?.arguments).toMatchObject({ agents: [agentThreadId] });
  expect(controlPlane.payloads("tool_output").at(-1)?.text).toMatch(new RegExp(`^${agentThreadId}: completed: Done`));
  expect(controlPlane.payloads("assistant_message").at(-1)?.text).toContain("The sub-agent is done.");
  // Live frames also name the agent that writes.
  const writers = controlPlane.frames.map((frame) => frame.agentThreadId);
  expect(new Set(writers)).toEqual(new Set([undefined, agentThreadId]));
});
