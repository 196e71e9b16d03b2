import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { RUNNER_EXIT } from "@/contract/runner";
import { runnerBundle } from "@/server/test/runner-bundle";
import { openRunnerSetup } from "@/server/test/runner-place";

// A pod's two steps as two real processes of the bundled runner, one after the other, against a real server.
const bundle = runnerBundle();
const openPlace = () => openRunnerSetup(bundle());

const IN_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"];
/** Mounts a folder over itself, read-only, for the command that follows, as a pod's spec does. */
const READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
const canMount = spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"]).status === 0;

const BUNDLE = { kind: "inline", files: [{ path: "given.txt", content: "given\n" }] };

test("the second step continues the first one's lease by its nonce, which no agent can find", async () => {
  await using place = await openPlace();
  const attempt = await place.launch("ses_steps", "RUN `ls -a /proc/self/cwd $AGENTRUN_SCRATCH_DIR; cat given.txt`", {
    resourceBundleRef: BUNDLE,
  });

  expect(await attempt.step("prepare")).toMatchObject({ code: RUNNER_EXIT.done });
  expect(await place.ok("GET", `/runs/${attempt.runId}`)).toMatchObject({ status: "claimed", leaseEpoch: 1 });
  expect(statSync(attempt.handover).mode & 0o777).toBe(0o600);
  const epochFile = path.join(attempt.volumeDir, ".agentrun", "epoch.json");
  expect(JSON.parse(readFileSync(epochFile, "utf8"))).toMatchObject({ runId: attempt.runId, leaseEpoch: 1 });
  expect(readFileSync(path.join(attempt.volumeDir, "workspace", "given.txt"), "utf8")).toBe("given\n");
  expect(await attempt.events("command_execution")).toEqual([]);
  // A second pod would have the same token, but not the nonce.
  expect(await attempt.step("prepare")).toMatchObject({ code: RUNNER_EXIT.refused });

  expect(await attempt.step("work")).toMatchObject({ code: RUNNER_EXIT.done });
  const run = await place.ok("GET", `/runs/${attempt.runId}`);
  expect(run).toMatchObject({ status: "completed", leaseEpoch: 1, attemptCount: 1 });
  const [{ text }] = await attempt.events("command_output");
  expect(text).toContain("given\n");
  expect(text).not.toContain("handover");
  expect(existsSync(attempt.handover)).toBe(false);
});

test("no agent starts without the first step's files", async () => {
  await using place = await openPlace();
  const attempt = await place.launch("ses_alone", "hello");
  const { code, output } = await attempt.step("work");
  expect(code).toBe(RUNNER_EXIT.failed);
  expect(output).toContain("left no handover");
  expect(await place.ok("GET", `/runs/${attempt.runId}`)).toMatchObject({ status: "pending" });
});

test.skipIf(!canMount)("a read-only run reads its workspace, and the mount refuses every write", async () => {
  await using place = await openPlace();
  const tries = [
    "cat given.txt",
    "echo in > inside.txt",
    "touch given.txt",
    "mkdir made",
    "unlink given.txt",
    "mv ../workspace ../moved",
    "cp given.txt ../outside.txt && cat ../outside.txt",
  ];
  const attempt = await place.launch("ses_read_only", tries.map((line) => `RUN \`${line}\``).join(" "), {
    resourceBundleRef: BUNDLE,
    executionPolicy: { sandbox: "read-only" },
  });
  const workspace = path.join(attempt.volumeDir, "workspace");
  expect(await attempt.step("prepare")).toMatchObject({ code: RUNNER_EXIT.done });
  expect(await attempt.step("work", [...IN_NAMESPACE, READ_ONLY, workspace])).toMatchObject({ code: RUNNER_EXIT.done });

  expect(await place.ok("GET", `/runs/${attempt.runId}`)).toMatchObject({ status: "completed" });
  const outputs = (await attempt.events("command_output")).map(({ text }) => text);
  expect(outputs[0]).toBe("given\n");
  expect(outputs.filter((text) => /Read-only file system/.test(text))).toHaveLength(4);
  expect(outputs.some((text) => /busy/i.test(text))).toBe(true);
  expect(outputs.at(-1)).toBe("given\n");
  expect(readdirSync(workspace)).toEqual(["given.txt"]);
});

test("a read-only run with a writable workspace starts no agent", async () => {
  await using place = await openPlace();
  const attempt = await place.launch("ses_unkept", "hello", { executionPolicy: { sandbox: "read-only" } });
  await attempt.step("prepare");
  expect(await attempt.step("work")).toMatchObject({ code: RUNNER_EXIT.done });
  expect(await place.ok("GET", `/runs/${attempt.runId}`)).toMatchObject({
    status: "failed",
    failureKind: "backend-failed",
    failureMessage: expect.stringContaining("workspace can be written"),
  });
});

test("a damaged archive ends an attempt in its first step with the reason on its turn, and no agent starts", async () => {
  await using place = await openPlace();
  const first = await place.launch("ses_damaged", "RUN `echo kept > kept.txt`");
  await first.step("prepare");
  await first.step("work");
  await first.gone();
  await place.ok("DELETE", "/sessions/ses_damaged/storage");
  await place.ok("POST", "/sessions/ses_damaged/storage/restore");
  const archive = path.join(place.root, "archive");
  for (const name of readdirSync(archive, { recursive: true, encoding: "utf8" })) {
    const file = path.join(archive, name);
    if (statSync(file).isFile()) writeFileSync(file, "damaged");
  }

  const second = await place.launch("ses_damaged", "hello");
  const { code } = await second.step("prepare");

  expect(code).toBe(RUNNER_EXIT.endedInPreparation);
  expect(existsSync(second.handover)).toBe(false);
  expect(await place.ok("GET", `/commands/${second.turnId}`)).toMatchObject({
    state: "failed",
    failureKind: "infra-failed",
    failureMessage: expect.stringMatching(/damaged|digest/),
  });
  expect(await place.ok("GET", `/runs/${second.runId}`)).toMatchObject({ status: "failed" });
});

/** Mounts a disk of 256 KiB over a folder, for the command that follows. */
const SMALL_DISK = 'mount -t tmpfs -o size=256k agentrun "$0" && exec "$@"';

test.skipIf(!canMount)("a full volume ends an attempt as storage-full, and names its largest folders", async () => {
  await using place = await openPlace();
  const files = [
    { path: "small.txt", content: "small" },
    { path: "data/large.txt", content: "x".repeat(1_000_000) },
  ];
  const attempt = await place.launch("ses_full", "hello", { resourceBundleRef: { kind: "inline", files } });

  const { code } = await attempt.step("prepare", [...IN_NAMESPACE, SMALL_DISK, attempt.volumeDir]);

  expect(code).toBe(RUNNER_EXIT.endedInPreparation);
  const full = {
    failureKind: "storage-full",
    failureMessage: expect.stringMatching(/ENOSPC[\s\S]*Most of it is in volume\/workspace\/data \d+ KiB/),
  };
  expect(await place.ok("GET", `/commands/${attempt.turnId}`)).toMatchObject(full);
  expect(await place.ok("GET", `/runs/${attempt.runId}`)).toMatchObject(full);
});

test("a run cancelled during preparation starts no agent", async () => {
  await using place = await openPlace();
  const attempt = await place.launch("ses_cancelled", "hello");
  await attempt.step("prepare");
  await place.ok("POST", `/runs/${attempt.runId}/cancel`, {});
  expect(await attempt.step("work")).toMatchObject({ code: RUNNER_EXIT.done });
  expect(await place.ok("GET", `/runs/${attempt.runId}`)).toMatchObject({ status: "cancelled" });
  expect(await attempt.events("backend_status")).not.toContainEqual(
    expect.objectContaining({ phase: "agent-starting" }),
  );
});

test("a fork's first run continues its source's conversation on its own volume", async () => {
  await using place = await openPlace();
  const work = async (sessionId: string, text: string) => {
    const attempt = await place.launch(sessionId, text);
    expect(await attempt.step("prepare")).toMatchObject({ code: RUNNER_EXIT.done });
    expect(await attempt.step("work")).toMatchObject({ code: RUNNER_EXIT.done });
    await attempt.gone();
    return attempt;
  };
  const first = await work("ses_source", "RUN `echo heron > word.txt`");
  const fork = await place.ok("POST", "/sessions/ses_source/fork", { newSessionId: "ses_fork" });
  const source = await place.ok("GET", "/sessions/ses_source");
  expect(fork).toMatchObject({ threadId: source.threadId, storageState: "restoring" });
  // The source continues, and is then deleted with everything that it owned.
  await work("ses_source", "RUN `echo stork > word.txt`");
  await place.ok("DELETE", "/sessions/ses_source");

  const second = await work("ses_fork", "and which word was it?");
  expect(second.volumeDir).not.toBe(first.volumeDir);
  const statuses = await second.events("backend_status");
  expect(statuses).toContainEqual(expect.objectContaining({ phase: "volume-restored" }));
  expect(statuses).toContainEqual(expect.objectContaining({ phase: "thread-resumed", threadId: source.threadId }));
  expect(readFileSync(path.join(second.volumeDir, "workspace", "word.txt"), "utf8")).toBe("heron\n");
  expect((await second.events("assistant_message")).at(-1).text).toContain("1 earlier message");
  expect(await place.ok("GET", "/sessions/ses_fork/storage")).toMatchObject({ storageState: "live", restorable: true });
});
