import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { AppServer } from "./app-server";
import type { CodexNotification } from "./app-server-methods";
import { hasOtherWriter, isThreadLost, isTurnOver } from "./codex-errors";
import { codexConfig } from "./codex-home";
import { CodexRequestError } from "./errors";
import { codexBinary, makeMachine } from "./test/harness";
import type { Model } from "./test/model-server";

/** The real codex, told nothing by AgentRun but its model. */
function startCodex(root: string, modelBaseUrl: string) {
  const codexHome = path.join(root, "codex-home");
  fs.mkdirSync(codexHome, { recursive: true });
  const config = codexConfig({ model: "demo", modelBaseUrl, policy: {}, cwd: root });
  fs.writeFileSync(path.join(codexHome, "config.toml"), config);
  const heard: CodexNotification[] = [];
  const server = new AppServer({
    command: codexBinary(),
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: root, CODEX_HOME: codexHome, AGENTRUN_MODEL_TOKEN: "token" },
    attemptId: `att_${path.basename(root)}`,
    onNotification: (notification) => heard.push(notification),
    onRequest: () => Promise.reject(new Error("nothing is answered here")),
  });
  const steer = (threadId: string, expectedTurnId: string) =>
    refusalOf(
      server.request("turn/steer", {
        threadId,
        expectedTurnId,
        input: [{ type: "text", text: "and this", text_elements: [] }],
      }),
    );
  const startTurn = async (threadId: string) => {
    const input = [{ type: "text" as const, text: "hello", text_elements: [] }];
    return (await server.request("turn/start", { threadId, input })).turn.id;
  };
  const hasEnded = (turnId: string) =>
    expect
      .poll(() => heard.some(({ method, params }) => method === "turn/completed" && params.turn.id === turnId), {
        timeout: 20_000,
      })
      .toBe(true);
  return { server, steer, startTurn, hasEnded, [Symbol.asyncDispose]: () => server.kill() };
}

const refusalOf = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );

test("recognises codex's errors for an ended turn, a lost thread and one with another writer", async () => {
  let hangs = false;
  const model: Model = async function* (_body, signal) {
    const response = { id: "resp_1", usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } };
    yield { event: "response.created", data: { type: "response.created", response } };
    if (hangs) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield { event: "response.completed", data: { type: "response.completed", response } };
  };
  await using machine = await makeMachine(model);
  await using codex = startCodex(machine.root, machine.model.baseUrl);
  await codex.server.initialize();
  const unknown = "01890000-0000-7000-8000-000000000000";
  const gone = await refusalOf(codex.server.request("thread/resume", { threadId: unknown }));
  expect(gone).toMatchObject({ message: expect.stringContaining(`no rollout found for thread id ${unknown}`) });
  expect(isThreadLost(gone)).toBe(true);

  const { thread } = await codex.server.request("thread/start", {
    cwd: machine.root,
    sandbox: "read-only",
    approvalPolicy: "never",
  });
  const first = await codex.startTurn(thread.id);
  await codex.hasEnded(first);
  const over = await codex.steer(thread.id, first);
  expect(over).toMatchObject({ message: "no active turn to steer" });
  expect(isTurnOver(over)).toBe(true);

  hangs = true;
  const second = await codex.startTurn(thread.id);
  const other = await codex.steer(thread.id, first);
  expect(other).toMatchObject({ message: `expected active turn id \`${first}\` but found \`${second}\`` });
  expect(isTurnOver(other)).toBe(true);

  await using rival = startCodex(machine.root, machine.model.baseUrl);
  await rival.server.initialize();
  const taken = await refusalOf(rival.server.request("thread/resume", { threadId: thread.id }));
  expect(taken).toMatchObject({ message: expect.stringContaining("already has an active writer") });
  expect(hasOtherWriter(taken)).toBe(true);
  expect([isThreadLost(taken), isTurnOver(taken)]).toEqual([false, false]);
});

test("an error that only mentions the active turn does not mean that it ended", () => {
  const message = "active turn uses a different output schema";
  expect(isTurnOver(new CodexRequestError(-32600, message))).toBe(false);
  expect(isTurnOver(new Error("no active turn to steer"))).toBe(false);
});
