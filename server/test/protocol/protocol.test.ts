import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { RUNNER_PROTOCOL, RUNNER_PROTOCOL_BEFORE } from "@/contract/runner-protocol";
import { RunnerVersionError } from "@/server/errors";
import { runnerBundle } from "@/server/test/runner-bundle";
import { openRunnerSetup } from "@/server/test/runner-place";
import { describeShape, findMissing, type RecordedCall } from "./recorder";
import { ASKING, type RecordedAttempt, type Recording, recordRunner, SESSION, TEXTS } from "./story";
import before from "./v1.json";

const bundle = runnerBundle();

const collectCallKinds = (recording: Recording) =>
  new Set(recording.attempts.flatMap(({ calls }) => calls.map(({ call }) => call)));

/** Repeats what was recorded, with this server's ids; returns what the old runner would miss in the answers. */
async function replay(
  place: Awaited<ReturnType<typeof openRunnerSetup>>,
  recorded: RecordedAttempt,
  attempt: Awaited<ReturnType<Awaited<ReturnType<typeof openRunnerSetup>>["launch"]>>,
): Promise<string[]> {
  const { runId, runnerId, attemptId, turnId } = attempt;
  const ids: Record<string, string> = { ...recorded.ids, runId, runnerId, attemptId, turnId };
  let token = attempt.launchToken;
  const missing: string[] = [];
  for (const { call, input, bytes, answer } of recorded.calls) {
    const text = Object.entries(recorded.ids).reduce(
      (json, [name, id]) => (id === "" ? json : json.replaceAll(id, ids[name] ?? id)),
      JSON.stringify(input),
    );
    const response = await send(place.url, { call, text, bytes, token });
    if (answer === "stream") {
      await response.body?.cancel();
      expect(response.status, call).toBe(200);
      continue;
    }
    const body = call.startsWith("segment") ? null : await response.json();
    expect(response.status, `${call} ${text}: ${JSON.stringify(body)}`).toBe(200);
    const data = body?.result?.data;
    if (call === "mutation runs.claim") token = data.runnerToken ?? token;
    if (call === "mutation approvals.request") {
      ids.approvalId = data.approvalId;
      await place.ok("POST", `/approvals/${data.approvalId}/decide`, { decision: "accept" });
      const { items } = await place.ok("GET", `/runs/${attempt.runId}/commands`);
      ids.approveId = items.find(({ type }: { type: string }) => type === "approve").id;
    }
    if (answer !== "bytes") missing.push(...findMissing(answer, describeShape(data), call));
  }
  return missing;
}

function send(url: string, request: { call: string; text: string; bytes?: string | undefined; token: string }) {
  const { call, text, bytes, token } = request;
  const [kind = "", what = ""] = call.split(" ");
  const authorization = `Bearer ${token}`;
  if (kind === "mutation") {
    const headers = { authorization, "content-type": "application/json" };
    return fetch(`${url}/api/trpc/${what}`, { method: "POST", headers, body: text });
  }
  if (kind === "query")
    return fetch(`${url}/api/trpc/${what}?${new URLSearchParams({ input: text })}`, { headers: { authorization } });
  const { digest, ...query } = JSON.parse(text) as Record<string, string>;
  return fetch(`${url}/api/runner/segments/${digest}?${new URLSearchParams(query)}`, {
    method: what,
    headers: { authorization, ...(bytes === undefined ? {} : { "content-type": "application/octet-stream" }) },
    ...(bytes === undefined ? {} : { body: Buffer.from(bytes, "base64") }),
  });
}

test("the server accepts every call of the previous runner version, and returns every field that it received", async () => {
  const recording = before as Recording;
  expect(recording.protocol).toBe(RUNNER_PROTOCOL_BEFORE);
  await using place = await openRunnerSetup(bundle());
  const [first, second] = recording.attempts;
  if (!first || !second) throw new Error("the recording has no two attempts");

  const done = await place.launch(SESSION, TEXTS[0], { executionPolicy: ASKING });
  expect(await replay(place, first, done)).toEqual([]);
  expect(await place.ok("GET", `/runs/${done.runId}`)).toMatchObject({ status: "completed", leaseEpoch: 1 });
  await done.gone();
  await place.ok("DELETE", `/sessions/${SESSION}/storage`);
  await place.ok("POST", `/sessions/${SESSION}/storage/restore`);

  const given = await place.launch(SESSION, TEXTS[1]);
  expect(await replay(place, second, given)).toEqual([]);
  expect(await place.ok("GET", `/sessions/${SESSION}/storage`)).toMatchObject({ storageState: "live", filesCount: 2 });
  expect(await place.ok("GET", `/commands/${given.turnId}`)).toMatchObject({ state: "completed" });
});

test("the comparison of answers finds missing fields and other types", () => {
  const known = { id: "string", list: [{ seq: "number" }], none: "any" };
  expect(findMissing(known, { id: "string", list: [{ seq: "number", more: "string" }], none: "number" })).toEqual([]);
  expect(findMissing(known, { id: "number", list: [{}], none: "any" })).toEqual([
    "answer.id is number",
    "answer.list[0].seq is missing",
  ]);
  expect(findMissing(known, { id: "string", list: "any" })).toEqual(["answer.none is missing"]);
});

test("a runner of this version makes the same kinds of calls, and its recording is written for the next version", async () => {
  const recording = await recordRunner(bundle(), RUNNER_PROTOCOL);
  expect(collectCallKinds(recording)).toEqual(collectCallKinds(before as Recording));
  const claim = recording.attempts[0]?.calls.find(({ call }: RecordedCall) => call === "mutation runs.claim");
  expect(claim?.input).toMatchObject({ protocolVersion: RUNNER_PROTOCOL });
  const file = path.resolve("test-results", `runner-protocol-v${RUNNER_PROTOCOL}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(recording));
}, 60_000);

test("refuses a runner of an incompatible version, with what to deploy", async () => {
  await using place = await openRunnerSetup(bundle());
  const { runId, runnerId, launchToken: token } = await place.launch(SESSION, "hello");
  const text = JSON.stringify({ runId, runnerId, protocolVersion: RUNNER_PROTOCOL + 1 });
  const response = await send(place.url, { call: "mutation runs.claim", text, token });
  expect(response.status).toBe(409);
  expect((await response.json()).error.data.agentrun).toMatchObject({
    reason: "runner-version",
    message: expect.stringContaining("deploy web and worker of the runner's release"),
    details: { speaks: RUNNER_PROTOCOL + 1, takes: [RUNNER_PROTOCOL_BEFORE, RUNNER_PROTOCOL] },
  });
  expect(await place.ok("GET", `/runs/${runId}`)).toMatchObject({ status: "pending", leaseEpoch: 0 });
  // Before there is a third version, no runner can be too old.
  expect(new RunnerVersionError(RUNNER_PROTOCOL_BEFORE - 1).message).toContain("deploy the runner's image");
});
