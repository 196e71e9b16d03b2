import { expect, test } from "vitest";
import { makeMachine, runTurn } from "./test/harness";
import { scriptedModel } from "./test/scripted-model";

test("a conversation beyond the model's context is compacted, and continues, also in the next attempt", async () => {
  await using machine = await makeMachine(
    scriptedModel(
      ({ text }) => (text.includes("CONTEXT CHECKPOINT") ? "The colour is teal." : "Noted."),
      ({ text }) => (text.includes("teal") && !text.includes("The colour is teal.") ? 250_000 : 100),
    ),
  );
  const first = machine.start({ executionPolicy: { idleTimeoutMs: 50 } });
  expect(await runTurn(first, "my favourite colour is teal")).toMatchObject({ state: "completed" });
  expect(first.controlPlane.payloads("token_usage").at(-1)).toMatchObject({ contextTokens: 250_001 });
  expect(await runTurn(first, "and which was it?")).toMatchObject({ state: "completed" });
  expect(await first.ended).toEqual({ kind: "completed" });

  const { controlPlane } = first;
  expect(controlPlane.payloads("backend_status").filter(({ phase }) => phase === "context-compacted")).toHaveLength(1);
  // A turn's usage spans all its model calls; its context size is that of the last answer.
  expect(controlPlane.payloads("token_usage").at(-1)).toMatchObject({ contextTokens: 101 });
  expect(controlPlane.payloads("token_usage").at(-1)?.totalTokens).toBeGreaterThan(101);
  // The summary itself must not appear as a message.
  expect(controlPlane.payloads("assistant_message").map(({ text }) => text)).toEqual(["Noted.", "Noted."]);

  const second = machine.start({ assignment: controlPlane.run.assignment });
  expect(await runTurn(second, "still?")).toMatchObject({ state: "completed" });
  const asked = JSON.stringify(machine.model.requests.at(-1));
  expect(asked).toContain("The colour is teal.");
  expect(asked).toContain("and which was it?");
});

test("a sub-agent's compaction is attributed to it", async () => {
  const isHelpers = (text: string) => text.includes("do the work") && !text.includes("spawn_agent");
  await using machine = await makeMachine(
    scriptedModel(
      ({ text, outputs }) => {
        if (text.includes("CONTEXT CHECKPOINT")) return "It was seen to.";
        if (!isHelpers(text) && outputs.length > 0) return "I am done.";
        if (!isHelpers(text))
          return { name: "spawn_agent", namespace: "multi_agent_v1", arguments: { message: "do the work" } };
        if (text.includes("It was seen to.")) return "The work is done.";
        return { name: "exec_command", arguments: { cmd: "true" } };
      },
      ({ text }) => (isHelpers(text) && !text.includes("It was seen to.") ? 250_000 : 100),
    ),
  );
  const started = machine.start();
  expect(await runTurn(started, "hello")).toMatchObject({ state: "completed" });
  const { controlPlane } = started;
  expect(controlPlane.payloads("assistant_message").map(({ text }) => text)).toContain("The work is done.");
  expect(controlPlane.payloads("backend_status").filter(({ phase }) => phase === "context-compacted")).toEqual([
    { phase: "context-compacted", turnId: expect.any(String), agentThreadId: expect.any(String) },
  ]);
});
