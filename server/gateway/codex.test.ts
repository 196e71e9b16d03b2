import { mkdtemp, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { CreateBudgetInput } from "@/contract/budget";
import { createBudget, raiseBudget } from "@/server/budgets";
import { dispatchTasks } from "@/server/dispatcher";
import { ADMIN } from "@/server/test/context";
import { runnerBundle } from "@/server/test/runner-bundle";
import { delta, type Said, sendChunks, sendJson, sse, streamAnswer } from "./chat/test/provider";
import { openCodexPlace } from "./test/codex-place";
import { KEY, KEY_ENV, startProvider } from "./test/gateway";
import { beginResponse, say, streamResponse } from "./test/responses-provider";

const bundle = runnerBundle();
const LONG = Array.from({ length: 2_000 }, (_one, index) => `line ${index} of a long answer`).join("\n");
const HALF = "half an ans";

/** How a provider of either wire format does what these tests need. */
const WIRES = {
  responses: {
    begin: (res: ServerResponse) => beginResponse(res, HALF),
    fail: (res: ServerResponse) =>
      say(res, "response.failed", {
        response: { id: "resp_1", status: "failed", error: { code: "server_error", message: "lost my thread" } },
      }),
    answer: streamResponse,
  },
  chat: {
    begin: (res: ServerResponse) => sendChunks(res, [delta({ content: HALF })]),
    fail: (res: ServerResponse) => res.write(sse({ error: { message: "lost my thread" } })),
    answer: (res: ServerResponse, said: Said) => streamAnswer(res, "openai-chat", said),
  },
};
type Wire = keyof typeof WIRES;
const NAMES = Object.keys(WIRES) as Wire[];

/** Plays the model: it runs what it is told to run, then reports the result. */
function answerTo(body: string): Said {
  const { input, messages } = JSON.parse(body);
  const last = (input ?? messages).at(-1);
  const { content = [], output } = last;
  const text = typeof content === "string" ? content : content.map((part: { text?: string }) => part.text).join("\n");
  const ran = last.role === "tool" ? text : typeof output === "string" ? output : output && JSON.stringify(output);
  if (ran !== undefined) return { text: `It said: ${ran.trim().split("\n").at(-1)}` };
  // A person's earlier message may have been joined to it.
  const said = text.split("\n").at(-1) ?? "";
  const calls = [...said.matchAll(/RUN `(.+?)`/g)].map(([, cmd]) => ({ name: "exec_command", args: { cmd } }));
  if (calls.length > 0) return { text: "I run it.", calls };
  return { text: said.includes("LONG") ? LONG : `You said ${said}` };
}

/** Opens a provider that fails as `failing` says so many times, and then answers. */
async function openPlace(wire: Wire) {
  vi.stubEnv(KEY_ENV, KEY);
  const failing = { times: 0, how: (_res: ServerResponse): unknown => undefined };
  const provider = await startProvider((res, { line, body }) => {
    if (!line.startsWith("POST ")) return sendJson(res, {}, 404);
    failing.times -= 1;
    if (failing.times >= 0) failing.how(res);
    else WIRES[wire].answer(res, answerTo(body));
  });
  const file = path.join(await mkdtemp(path.join(tmpdir(), "agentrun-codex-")), "backends.json");
  const bounds = { triesMax: 1, silenceTimeoutMs: 2_000 };
  const config = { model: "m1", baseUrl: provider.url, keyEnv: KEY_ENV, wire, ...bounds };
  await writeFile(file, JSON.stringify({ codex: config }));
  const opened = await openCodexPlace(bundle(), "codex", file);
  return {
    ...opened,
    failing,
    provider,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

type Case = { what: string; text: string; fails?: (res: ServerResponse) => unknown; says: string[] };
const casesOf = ({ begin, fail }: (typeof WIRES)[Wire]): Case[] => [
  { what: "no failure", text: "hello", says: ["You said hello"] },
  {
    ...{ what: "an error in the middle of a stream", text: "one", says: ["You said one"] },
    fails(res) {
      begin(res);
      fail(res);
      res.end();
    },
  },
  {
    ...{ what: "a cut connection", text: "two", says: ["You said two"] },
    fails(res) {
      begin(res);
      setImmediate(() => res.destroy());
    },
  },
  { what: "a stream that falls silent", text: "three", says: ["You said three"], fails: begin },
  {
    ...{ what: "a failure of the provider", text: "four", says: ["You said four"] },
    fails: (res) => sendJson(res, { error: { message: "oops" } }, 500),
  },
  { what: "calls at once", text: "RUN `echo five` RUN `echo six`", says: ["I run it.", "It said: six"] },
  { what: "a long answer", text: "LONG", says: [LONG] },
];

test.each(NAMES)(
  "a codex conversation continues through every fault of a provider with the wire %s",
  async (wire) => {
    await using opened = await openPlace(wire);
    const { failing, provider } = opened;
    const cases = casesOf(WIRES[wire]);
    const attempt = await opened.start(cases[0]?.text ?? "", 120_000);
    for (const [index, { what, text, fails, says }] of cases.entries()) {
      const before = provider.seen.length;
      const heard = index === 0 ? 0 : (await attempt.texts("assistant_message")).length;
      Object.assign(failing, { times: fails ? 2 : 0, how: fails });
      const turn = index === 0 ? attempt.turnId : await attempt.order("turn", { text });
      await expect.poll(() => attempt.state(turn), { message: what, timeout: 60_000 }).toBe("completed");
      expect((await attempt.texts("assistant_message")).slice(heard), what).toEqual(says);
      if (fails) expect(provider.seen.length - before, what).toBe(3);
    }
    expect((await attempt.events("command_output")).map(({ text }) => text).sort()).toEqual(["five\n", "six\n"]);
    // No part of the half answer is in what the model is sent later.
    expect(provider.seen.at(-1)?.body).not.toContain(HALF);

    const resets_at = Math.floor(Date.now() / 1_000) + 3_600;
    const error = { type: "usage_limit_reached", message: "You are out.", resets_at };
    Object.assign(failing, { times: 99, how: (res: ServerResponse) => sendJson(res, { error }, 429) });
    const limited = await attempt.order("turn", { text: "seven" });
    await expect.poll(() => attempt.state(limited), { timeout: 60_000 }).toBe("failed");
    expect(await attempt.turn(limited)).toMatchObject({
      ...{ failureKind: "rate-limited", failureMessage: expect.stringMatching(/limit/i) },
    });
    expect(JSON.stringify(await attempt.events("error"))).not.toContain(KEY);
  },
  120_000,
);

test.each(NAMES)(
  "a codex task that meets a limit with the wire %s is parked until the provider's reset time",
  async (wire) => {
    await using opened = await openPlace(wire);
    const { failing, place } = opened;
    const resets_at = Math.floor(Date.now() / 1_000) + 7_200;
    const error = { type: "usage_limit_reached", message: "You are out.", resets_at };
    Object.assign(failing, { times: 99, how: (res: ServerResponse) => sendJson(res, { error }, 429) });
    const task = { title: "A limited one", backendProfile: "codex", payload: { text: "hello" } };
    const { id } = await place.ok("POST", "/queue/tasks", task);
    await dispatchTasks(place.web.as(ADMIN), { runnersMax: 1 });
    const { runId, sessionId } = await place.ok("GET", `/queue/tasks/${id}`);
    const [turn] = (await place.ok("GET", `/runs/${runId}/commands`)).items;
    const running = opened.begin(await place.attempt({ runId, turnId: turn.id, sessionId }));
    const parkedUntil = async () => (await place.ok("GET", `/queue/tasks/${id}`)).parkedUntil;
    await expect.poll(parkedUntil, { timeout: 60_000 }).toBe(new Date(resets_at * 1_000).toISOString());
    expect(await place.ok("GET", `/queue/tasks/${id}`)).toMatchObject({
      ...{ state: "pending", failureKind: "rate-limited", blocker: { kind: "parked" } },
    });
    await running.ended;
  },
  120_000,
);

test("a codex task that a budget cuts off waits, and continues its conversation once the budget is raised", async () => {
  await using opened = await openPlace("responses");
  const { place, provider } = opened;
  const ctx = place.web.as(ADMIN);
  // One answer takes 120 tokens: the first is paid for; the answer after its command is refused.
  const bound = { name: "b", period: "session", unit: "tokens", limit: 120 };
  const { id: budgetId } = await createBudget(ctx, CreateBudgetInput.parse(bound));
  const task = { title: "A costly one", backendProfile: "codex", payload: { text: "RUN `sleep 1; echo five`" } };
  const policy = { approval: "never", sandbox: "danger-full-access" };
  const { id } = await place.ok("POST", "/queue/tasks", { ...task, executionPolicy: policy });
  const read = () => place.ok("GET", `/queue/tasks/${id}`);
  const play = async () => {
    await dispatchTasks(ctx, { runnersMax: 1 });
    const { runId, sessionId } = await read();
    const [turn] = (await place.ok("GET", `/runs/${runId}/commands`)).items;
    const running = opened.begin(await place.attempt({ runId, turnId: turn.id, sessionId }));
    await running.ended;
    await running.gone();
    return sessionId as string;
  };
  const sessionId = await play();
  expect(await read()).toMatchObject({
    ...{ state: "pending", failureKind: "rate-limited", blocker: { kind: "budget-reached" } },
    failureMessage: expect.stringContaining("what this session may spend is reached, 120 of 120 tokens"),
  });
  expect(provider.seen).toHaveLength(1);
  const { items } = await place.ok("GET", `/usage/calls?sessionId=${sessionId}&outcome=refused`);
  expect(items).toMatchObject([{ reason: "budget-reached", httpStatus: 429 }]);
  expect(await dispatchTasks(ctx, { runnersMax: 1 })).toBe(0);
  await raiseBudget(ctx, { budgetId, sessionId, limit: 10_000 });
  await play();
  expect(await read()).toMatchObject({ state: "completed", sessionId });
  // The output that the command had when it was cut off is in what the model is sent now.
  expect(provider.seen[1]?.body).toContain("five");
}, 120_000);

test("a task's model receives the result of the task before it, as data", async () => {
  await using opened = await openPlace("responses");
  const { place, provider } = opened;
  const task = { backendProfile: "codex", executionPolicy: { approval: "never" } };
  const play = async (id: string) => {
    expect(await dispatchTasks(place.web.as(ADMIN), { runnersMax: 1 })).toBe(1);
    const { runId, sessionId } = await place.ok("GET", `/queue/tasks/${id}`);
    const [turn] = (await place.ok("GET", `/runs/${runId}/commands`)).items;
    const running = opened.begin(await place.attempt({ runId, turnId: turn.id, sessionId }));
    await running.ended;
    await running.gone();
    expect(await place.ok("GET", `/queue/tasks/${id}`)).toMatchObject({ state: "completed" });
    return running;
  };
  const plan = await place.ok("POST", "/queue/tasks", { ...task, title: "Plan", payload: { text: "three steps" } });
  const work = await place.ok("POST", "/queue/tasks", {
    ...{ ...task, title: "Work", payload: { text: "Work by the plan." } },
    ...{ dependsOn: [{ taskId: plan.id }], dependencyResults: "append" },
  });
  await play(plan.id);
  expect(provider.seen).toHaveLength(1);
  const running = await play(work.id);
  const { handedText } = await place.ok("GET", `/queue/tasks/${work.id}/dependency-results`);
  expect(handedText).toContain("Its agent said at the end:\n```\nYou said three steps\n```");
  const { input } = JSON.parse(provider.seen[1]?.body ?? "{}");
  const said = input.at(-1).content.map((part: { text?: string }) => part.text);
  expect(said).toEqual([`Work by the plan.\n\n${handedText}`]);
  expect(await running.texts("user_message")).toEqual(said);
}, 120_000);
