import { randomBytes } from "node:crypto";
import { expect, test } from "@playwright/test";
import { openProgram } from "./program";

// Real pods on a real node: the runner's image, the real codex in it, claims bound by the cluster.
const OPEN = ["pending", "acknowledged"];
const isAtWork = (page: { items: { type: string }[] }) => page.items.some(({ type }) => type === "command_execution");
const word = (name: string) => `${name}-${randomBytes(4).toString("hex")}`;

test("a conversation goes on from pod to pod on one claim, is evicted, refused, restored, and goes on", async () => {
  const program = openProgram();
  const sessionId = word("story");
  const first = await program.run(sessionId);
  await program.turn(first.id, "write a file");
  expect(await program.ended(first.id)).toMatchObject({ status: "completed", failureKind: null });
  const outputs = (await program.events(first.id)).filter((event) => event.type === "command_execution");
  expect(outputs.at(-1)?.payload).toMatchObject({ status: "completed", exitCode: 0 });
  // The test's own network enforces no policies, which a run that may not have one finds out.
  const warnings = (await program.events(first.id)).filter(({ type }) => type === "warning");
  expect(warnings.map(({ payload }) => payload.code)).toEqual(["network-not-cut"]);
  const stored = await program.ok("GET", `/sessions/${sessionId}/storage`);
  expect(stored).toMatchObject({ storageKind: "pvc", storageState: "live", pvcPhase: "Bound", restorable: true });
  expect(stored.filesCount).toBeGreaterThan(1);

  const second = await program.run(sessionId);
  await program.turn(second.id, "hello");
  expect(await program.ended(second.id)).toMatchObject({ status: "completed" });
  expect(await program.said(second.id)).not.toContain("This is the first message of our conversation");
  const jobs = await program.ok("GET", `/runs/${second.id}/runner-jobs`);
  expect(jobs.items).toHaveLength(1);

  await program.ok("DELETE", `/sessions/${sessionId}/storage`);
  await program.until(`/sessions/${sessionId}/storage`, (storage) => storage.storageState === "evicted");
  const claims = () => program.list("persistentvolumeclaims");
  await expect.poll(claims).not.toContain(`persistentvolumeclaim/${stored.pvcName}`);
  const refused = await program.run(sessionId);
  await program.turn(refused.id, "hello again");
  const launch = await program.send("POST", `/runs/${refused.id}/runner-jobs`, {});
  expect(launch).toMatchObject({
    status: 409,
    body: { error: { failureKind: "session-store-evicted", details: { restorable: true } } },
  });
  expect((await program.ok("GET", `/runs/${refused.id}/runner-jobs`)).items).toEqual([]);

  await program.ok("POST", `/sessions/${sessionId}/storage/restore`);
  expect(await program.ended(refused.id)).toMatchObject({ status: "completed" });
  expect(await program.said(refused.id)).not.toContain("This is the first message of our conversation");
  expect(await program.ok("GET", `/sessions/${sessionId}/storage`)).toMatchObject({ storageState: "live" });
});

test("an approval is asked from a pod and answered into it", async () => {
  const program = openProgram();
  const run = await program.run(word("approval"), { approval: "untrusted", idleTimeoutMs: 60_000 });
  const turn = await program.turn(run.id, "ask for approval");
  const { items } = await program.until(`/approvals?runId=${run.id}`, (page) => page.items.length === 1);
  await program.ok("POST", `/approvals/${items[0].id}/decide`, { decision: "accept" });
  await program.until(`/commands/${turn.id}`, ({ state }) => state === "completed");
  await program.ok("POST", `/runs/${run.id}/cancel`, {});
  expect(await program.ended(run.id)).toMatchObject({ status: "cancelled" });
});

test("a turn under way in a pod is interrupted there, and the run goes on", async () => {
  const program = openProgram();
  const run = await program.run(word("interrupt"), { idleTimeoutMs: 60_000 });
  const long = await program.turn(run.id, "do something long");
  await program.until(`/runs/${run.id}/events?limit=500`, isAtWork);
  await program.ok("POST", `/runs/${run.id}/commands`, { type: "interrupt", payload: {} });
  const ended = await program.until(`/commands/${long.id}`, ({ state }) => !OPEN.includes(state));
  expect(ended).toMatchObject({ state: "cancelled" });
  const next = await program.turn(run.id, "hello");
  await program.until(`/commands/${next.id}`, ({ state }) => state === "completed");
  await program.ok("POST", `/runs/${run.id}/cancel`, {});
  expect(await program.ended(run.id)).toMatchObject({ status: "cancelled" });
});

test("a pod that is killed in the middle of a turn costs that turn alone", async () => {
  const program = openProgram();
  const sessionId = word("killed");
  const run = await program.run(sessionId);
  await program.turn(run.id, "do something long");
  await program.until(`/runs/${run.id}/events?limit=500`, isAtWork);
  const [job] = (await program.ok("GET", `/runs/${run.id}/runner-jobs`)).items;
  program.kubectl("delete", "pod", "--selector", `job-name=${job.jobName}`, "--force", "--grace-period=0");
  expect(await program.ended(run.id)).toMatchObject({ status: "failed", failureKind: "runner-lost" });

  const next = await program.run(sessionId);
  await program.turn(next.id, "hello");
  expect(await program.ended(next.id)).toMatchObject({ status: "completed" });
});

test("a read-only run in a pod reads its workspace, and the mount refuses whatever writes there", async () => {
  const program = openProgram();
  const sessionId = word("read-only");
  const given = { kind: "inline", files: [{ path: "given.txt", content: "given\n" }] };
  const run = await program.run(sessionId, { sandbox: "read-only" }, { resourceBundleRef: given });
  await program.turn(run.id, "RUN `cat given.txt` RUN `echo in > inside.txt` RUN `unlink given.txt`");
  expect(await program.ended(run.id)).toMatchObject({ status: "completed", failureKind: null });
  const outputs = await program.outputs(run.id);
  expect(outputs[0]).toBe("given\n");
  expect(outputs.slice(1)).toEqual(Array(2).fill(expect.stringContaining("Read-only file system")));

  const next = await program.run(sessionId);
  await program.turn(next.id, "RUN `ls; echo in > inside.txt; cat inside.txt`");
  expect(await program.ended(next.id)).toMatchObject({ status: "completed" });
  expect(await program.outputs(next.id)).toEqual(["given.txt\nin\n"]);
});

test("an agent that may write its workspace writes to its volume and scratch alone, and sees no other's volume", async () => {
  const program = openProgram();
  const file = `${word("inside")}.txt`;
  // Where /var/tmp could be written by anybody it is the read-only root that refuses it.
  const outside = ["/", "/etc/", "/opt/", "/var/tmp/"].map((folder) => `RUN \`touch ${folder}${file}\``).join(" ");
  const writable = "find / -path /proc -prune -o -writable -not -type l -print 2>/dev/null | cut -d/ -f2 | sort -u";
  const found = `RUN \`find / -name ${file} 2>/dev/null; echo looked\``;
  const first = await program.run(word("writes"), { sandbox: "workspace-write" });
  await program.turn(first.id, `RUN \`echo in > ${file}; cat ${file}\` ${outside} RUN \`${writable}\` ${found}`);
  expect(await program.ended(first.id)).toMatchObject({ status: "completed", failureKind: null });
  const outputs = await program.outputs(first.id);
  expect(outputs[0]).toBe("in\n");
  expect(outputs.slice(1, 5)).toEqual(Array(4).fill(expect.stringContaining("Read-only file system")));
  expect(outputs.slice(5)).toEqual(["dev\nscratch\ntmp\nvolume\n", `/volume/workspace/${file}\nlooked\n`]);

  const other = await program.run(word("others"), { sandbox: "workspace-write" });
  await program.turn(other.id, found);
  expect(await program.ended(other.id)).toMatchObject({ status: "completed" });
  expect(await program.outputs(other.id)).toEqual(["looked\n"]);
});

test("a read-only run of no session has a workspace that cannot be written either", async () => {
  const program = openProgram();
  const executionPolicy = { sandbox: "read-only", idleTimeoutMs: 500 };
  const run = await program.ok("POST", "/runs", { backendProfile: "demo", executionPolicy });
  await program.turn(run.id, "RUN `pwd` RUN `touch inside.txt`");
  expect(await program.ended(run.id)).toMatchObject({ status: "completed" });
  expect(await program.outputs(run.id)).toEqual([
    "/scratch/volume/workspace\n",
    expect.stringContaining("Read-only file system"),
  ]);
});

test("no Job or Secret is left of any run", async () => {
  const program = openProgram();
  const ours = "--selector=app.kubernetes.io/managed-by=agentrun";
  await expect.poll(() => program.list("jobs,secrets", ours), { timeout: 60_000 }).toEqual([]);
});

test("the CronJob has web collect what has expired", async () => {
  const program = openProgram();
  const sessionId = word("expired");
  await program.ok("POST", "/sessions", { sessionId, backendProfile: "demo", expiresAt: "2020-01-01T00:00:00Z" });
  const job = word("gc");
  program.kubectl("create", "job", job, "--from=cronjob/agentrun-gc");
  program.kubectl("wait", "--for=condition=Complete", `job/${job}`, "--timeout=60s");
  expect(program.kubectl("logs", `job/${job}`)).toMatch(/^200 /);
  expect(await program.ok("GET", `/sessions/${sessionId}/storage`)).toMatchObject({ storageState: "evicted" });
});
