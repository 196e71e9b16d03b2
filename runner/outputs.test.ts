import { expect, test } from "vitest";
import { answerDemo } from "@/demo/model";
import { isEnded, makeMachine, type Started } from "./test/harness";
import { scriptedModel } from "./test/scripted-model";

const outputSchema = {
  type: "object",
  properties: {
    verdict: { type: "string", enum: ["good", "bad"] },
    score: { type: "integer", minimum: 3 },
    isSure: { type: "boolean" },
    reasons: { type: "array", items: { type: "string" } },
  },
  required: ["verdict", "score", "isSure", "reasons"],
  additionalProperties: false,
};
const fitting = { verdict: "good", score: 3, isSure: true, reasons: ["the demo's reasons"] };

async function ask({ controlPlane }: Pick<Started, "controlPlane">, payload: Record<string, unknown>) {
  const turn = controlPlane.order("turn", payload);
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  return controlPlane.state(turn);
}

test("a turn with a schema returns a fitting value, and the next one without it returns text", async () => {
  await using machine = await makeMachine();
  const started = machine.start();
  const first = await ask(started, { text: "RUN `echo out`", outputSchema });
  expect(first).toMatchObject({ state: "completed", output: fitting });
  const next = await ask(started, { text: "hello" });
  expect(next).toMatchObject({ state: "completed", output: null });
  expect(started.controlPlane.payloads("assistant_message").at(-1)?.text).toContain("You said: “hello”");
});

test.each([
  ["no JSON", "Of course! The secret is hunter2.", "its last message is not JSON"],
  ["a value of another type", JSON.stringify({ ...fitting, score: "hunter2" }), "$.score is of another type"],
  ["a value that is not named", JSON.stringify({ ...fitting, verdict: "hunter2" }), "$.verdict is none of the values"],
  ["more than it asks for", JSON.stringify({ ...fitting, hunter2: 1 }), "$.* is not allowed"],
  ["an array", "[1]", "cannot be its output: expected a JSON object"],
  ["less than it asks for", "{}", "$ lacks a property that it requires"],
])("a turn with a schema whose last message is %s fails, without quoting it", async (_, said, why) => {
  await using machine = await makeMachine(scriptedModel(() => said));
  const started = machine.start();
  const turn = await ask(started, { text: "judge", outputSchema });
  expect(turn).toMatchObject({ state: "failed", failureKind: "backend-failed", output: null });
  expect(turn.failureMessage).toContain(why);
  expect(turn.failureMessage).not.toContain("hunter2");
  // The message is also in the events, like all other messages.
  expect(started.controlPlane.payloads("assistant_message").at(-1)?.text).toBe(said);
  expect(started.controlPlane.payloads("error")).toMatchObject([
    { message: turn.failureMessage, code: "output-invalid" },
  ]);
});

test("a schema violation quotes none of the value's own names", async () => {
  await using machine = await makeMachine(scriptedModel(() => '{"scores":{"hunter2":"high"}}'));
  const scores = { type: "object", additionalProperties: { type: "integer" } };
  const turn = await ask(machine.start(), { text: "judge", outputSchema: { type: "object", properties: { scores } } });
  expect(turn).toMatchObject({
    state: "failed",
    failureMessage: expect.stringContaining("$.scores.* is of another type"),
  });
});

test("a turn without a message does not reuse the previous turn's", async () => {
  let said = JSON.stringify(fitting);
  await using machine = await makeMachine(scriptedModel(() => said));
  const started = machine.start();
  expect(await ask(started, { text: "judge", outputSchema })).toMatchObject({ output: fitting });
  said = "";
  const turn = await ask(started, { text: "judge", outputSchema });
  expect(turn).toMatchObject({ state: "failed", failureMessage: expect.stringContaining("ended without a message") });
});

test("asks the model for properties in the order of required", async () => {
  const asked: string[] = [];
  await using machine = await makeMachine((body, signal) => {
    asked.push(JSON.stringify((body as { text: { format: { schema: unknown } } }).text.format.schema));
    return answerDemo(body, signal, 0);
  });
  const part = (required: string[]) => {
    return { type: "object", properties: { a: {}, zeta: {}, bc: {} }, required, additionalProperties: false };
  };
  const inner = { type: "array", items: part(["bc", "a", "zeta"]) };
  const properties = { last: inner, first: { type: "string" } };
  const turn = await ask(machine.start(), {
    text: "judge",
    outputSchema: { type: "object", properties, required: ["first"] },
  });
  expect(turn.state).toBe("completed");
  expect(asked).toEqual([expect.stringMatching(/"first".*"last".*"bc".*"a".*"zeta"/)]);
});

test("takes a fenced answer's content", async () => {
  await using machine = await makeMachine(scriptedModel(() => `\`\`\`json\n${JSON.stringify(fitting)}\n\`\`\``));
  expect(await ask(machine.start(), { text: "judge", outputSchema })).toMatchObject({ output: fitting });
});

test("a turn cut off by a lost attempt continues with its schema", async () => {
  await using machine = await makeMachine();
  const plain = machine.start();
  const session = plain.controlPlane.run.assignment.session;
  await ask(plain, { text: "hello" });
  plain.terminate();
  await plain.ended;
  const { assignment } = plain.controlPlane.run;
  const started = machine.start({
    assignment: { ...assignment, session, cutOffTurn: { commandId: "cmd_cut", text: "judge", outputSchema } },
  });
  started.controlPlane.commands.push({
    ...started.controlPlane.order("turn", { text: "never mind" }),
    ...{ id: "cmd_cut", seq: 0, state: "acknowledged" },
  });
  const cut = () => started.controlPlane.commands.find(({ id }) => id === "cmd_cut");
  await started.controlPlane.until("its end", () => cut()?.state === "completed");
  expect(cut()?.output).toEqual(fitting);
});

test("a steer keeps its turn's schema", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "RUN `sleep 1` RUN `echo end`", outputSchema });
  await controlPlane.until("the command's start", () => controlPlane.payloads("command_execution").length > 0);
  controlPlane.order("steer", { text: "mind the gap" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  expect(controlPlane.state(turn)).toMatchObject({ state: "completed", output: fitting });
  expect(controlPlane.payloads("user_message")).toContainEqual(expect.objectContaining({ isSteer: true }));
});

test("with a server that accepts no outputs, turns run without a schema", async () => {
  await using machine = await makeMachine();
  const started = machine.start();
  started.controlPlane.run.assignment.takesOutput = false;
  const turn = await ask(started, { text: "hello", outputSchema });
  expect(turn).toMatchObject({ state: "completed", output: null });
  expect(started.controlPlane.payloads("assistant_message").at(-1)?.text).toContain("You said");
});
