import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { ClaimedRun } from "@/contract/run";
import { findAttemptProcesses } from "@/supervisor/processes/scan";
import { listRollouts } from "@/volume";
import { childEnv } from "./child-env";
import { probeIsolation } from "./isolation";
import { codexBinary, isEnded, makeMachine, runTurn, type Started } from "./test/harness";

function assignment(started: Started, more: Partial<ClaimedRun["assignment"]> = {}): Partial<ClaimedRun> {
  return { assignment: { ...started.controlPlane.run.assignment, ...more } };
}

/** Takes the lease away, as a server does when its executor is about to start another attempt. */
async function lose(started: Started) {
  started.controlPlane.epoch += 1;
  expect(await started.ended).toMatchObject({ kind: "lost" });
}

test("after a SIGKILL during a turn the next attempt continues the conversation", async () => {
  await using machine = await makeMachine();
  const first = machine.start();
  await runTurn(first, "my favourite colour is teal");
  first.controlPlane.order("turn", { text: "RUN `setsid sleep 987 & sleep 987`" });
  await first.controlPlane.until("the command", () => first.controlPlane.payloads("command_execution").length > 0);
  await lose(first);
  expect(await findAttemptProcesses(first.attemptId)).toEqual([]);
  expect(sleepers(987)).toEqual([]);
  // What a writer leaves when it is killed in the middle of a line.
  const sessions = path.join(machine.volumeDir, "sessions");
  for (const file of await listRollouts(sessions)) fs.appendFileSync(path.join(sessions, file), '{"timestamp":"2026');

  const second = machine.start(assignment(first));
  const turn = await runTurn(second, "and which was it?");

  expect(turn.state).toBe("completed");
  expect(second.controlPlane.payloads("warning")[0]?.message).toContain("cut off");
  expect(second.controlPlane.payloads("backend_status")).toContainEqual(
    expect.objectContaining({ phase: "thread-resumed" }),
  );
  expect(second.controlPlane.payloads("assistant_message").at(-1)?.text).toContain("my favourite colour is teal");
});

test("a cut-off turn that the policy continues becomes a new turn that says so", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "count to ten" });
  turn.state = "acknowledged";
  const second = machine.start({
    assignment: { ...controlPlane.run.assignment, cutOffTurn: { commandId: turn.id, text: "tell me a joke" } },
  });
  second.controlPlane.commands.push({ ...turn });
  await second.controlPlane.until("its end", () => isEnded(second.controlPlane.state(turn)));

  expect(second.controlPlane.payloads("user_message")[0]?.text).toMatch(/cut off[\s\S]*tell me a joke/);
});

test("a first turn that was cut off continues on its own thread", async () => {
  await using machine = await makeMachine();
  const first = machine.start();
  const turn = first.controlPlane.order("turn", { text: "RUN `echo halfway; sleep 986`" });
  await first.controlPlane.until("the command", () => first.controlPlane.payloads("command_execution").length > 0);
  await expect.poll(() => listRollouts(path.join(machine.volumeDir, "sessions"))).toHaveLength(1);
  await lose(first);
  expect(first.controlPlane.run.assignment.session?.threadId).toBeNull();

  const second = machine.start(assignment(first, { cutOffTurn: { commandId: turn.id, text: "say something" } }));
  second.controlPlane.commands.push({ ...first.controlPlane.state(turn) });
  await second.controlPlane.until("its end", () => isEnded(second.controlPlane.state(turn)));

  expect(second.controlPlane.payloads("backend_status")).toContainEqual(
    expect.objectContaining({ phase: "thread-resumed" }),
  );
  expect(await listRollouts(path.join(machine.volumeDir, "sessions"))).toHaveLength(1);
});

test("archives the volume after each turn, and a session continues from its archive on a new volume", async () => {
  await using machine = await makeMachine();
  const first = machine.start();
  await runTurn(first, "RUN `echo kept > kept.txt; ln -s kept.txt link`");
  const manifest = await first.controlPlane.until("the archive", () => first.controlPlane.manifest);
  expect(first.controlPlane.storage.at(-1)).toMatchObject({ storageSha256: manifest.sha256, storageFilesCount: 2 });
  first.terminate();
  expect(await first.ended).toEqual({ kind: "released" });

  fs.rmSync(machine.volumeDir, { recursive: true });
  const second = machine.start(assignment(first, { restore: { manifestId: "m" } }));
  second.controlPlane.manifest = manifest;
  for (const [digest, bytes] of first.controlPlane.segments) second.controlPlane.segments.set(digest, bytes);
  await runTurn(second, "what did I say?");

  expect(second.controlPlane.payloads("assistant_message").at(-1)?.text).toContain("1 earlier message");
  expect(second.controlPlane.storage[0]).toMatchObject({ storageSha256: manifest.sha256 });
  expect(fs.readFileSync(path.join(machine.workspaceDir, "link"), "utf8")).toBe("kept\n");
  second.terminate();
  await second.ended;

  // The same order again, from a server that did not hear of the restore: what came after it stays.
  const third = machine.start(assignment(second, { restore: { manifestId: "m" } }));
  third.controlPlane.manifest = manifest;
  await runTurn(third, "and now?");
  expect(third.controlPlane.payloads("assistant_message").at(-1)?.text).toContain("2 earlier messages");
});

test("two sessions continue one thread from one archive, each on its own volume and independently", async () => {
  await using machine = await makeMachine();
  const first = machine.start();
  await runTurn(first, "my favourite colour is teal");
  const manifest = await first.controlPlane.until("the archive", () => first.controlPlane.manifest);
  const threadId = String(manifest.threadId);
  const session = { sessionId: "ses_fork", threadId, codexRolloutSubdir: "sessions" };
  const volumeDir = path.join(machine.root, "fork");
  const fork = machine.start(assignment(first, { session, restore: { manifestId: "m" } }), { volumeDir });
  fork.controlPlane.manifest = manifest;
  for (const [digest, bytes] of first.controlPlane.segments) fork.controlPlane.segments.set(digest, bytes);

  // At the same time: the first attempt still has its agent, and the thread's lock on its own volume.
  await Promise.all([runTurn(first, "and my cat is Tom"), runTurn(fork, "which was it?")]);
  expect(fork.controlPlane.payloads("backend_status")).toContainEqual(
    expect.objectContaining({ phase: "thread-resumed", threadId }),
  );
  const answer = fork.controlPlane.payloads("assistant_message").at(-1)?.text;
  expect(answer).toContain("my favourite colour is teal");
  await runTurn(fork, "and my cat?");
  expect(fork.controlPlane.payloads("assistant_message").at(-1)?.text).not.toContain("Tom");
  await runTurn(first, "and what was it?");
  expect(first.controlPlane.payloads("assistant_message").at(-1)?.text).not.toContain("which was it?");
  for (const dir of [machine.volumeDir, volumeDir])
    expect(await listRollouts(path.join(dir, "sessions"))).toMatchObject([expect.stringContaining(threadId)]);
});

test.each([
  ["is gone", (file: string) => fs.rmSync(file), /is gone/],
  ["is empty", (file: string) => fs.truncateSync(file, 0), /cannot be read[\s\S]*put aside as sessions\/\S+\.damaged/],
  [
    "has lost its first line",
    (file: string) => fs.writeFileSync(file, `\0\0\0${fs.readFileSync(file, "utf8").replace(/^.*/, "")}`),
    /cannot be read[\s\S]*put aside as sessions\/\S+\.damaged/,
  ],
])(
  "a rollout that %s fails one run with what to do, and the next starts a new thread with a warning",
  async (_how, damage, message) => {
    await using machine = await makeMachine();
    const first = machine.start();
    await runTurn(first, "hello");
    first.terminate();
    await first.ended;
    const sessions = path.join(machine.volumeDir, "sessions");
    for (const file of await listRollouts(sessions)) damage(path.join(sessions, file));

    const second = machine.start(assignment(first));
    expect((await runTurn(second, "are you there?")).failureKind).toBe("backend-failed");
    expect(await second.ended).toMatchObject({
      kind: "failed",
      failureKind: "backend-failed",
      message: expect.stringMatching(
        new RegExp(`${message.source}[\\s\\S]*delete the session's storage, then restore it`),
      ),
    });
    expect(second.controlPlane.finished).toMatchObject({ terminalStatus: "failed", failureKind: "backend-failed" });

    const third = machine.start(assignment(first));
    expect((await runTurn(third, "and now?")).state).toBe("completed");
    expect(third.controlPlane.payloads("warning")).toMatchObject([{ code: "thread-replaced" }]);
  },
);

test("an attempt that finds a later epoch on its volume ends without changing it", async () => {
  await using machine = await makeMachine();
  const first = machine.start();
  await runTurn(first, "hello");
  const epochFile = path.join(machine.volumeDir, ".agentrun", "epoch.json");
  fs.writeFileSync(
    epochFile,
    JSON.stringify({ runId: first.controlPlane.run.id, leaseEpoch: 2, attemptId: "att_other" }),
  );
  first.controlPlane.order("turn", { text: "again" });

  expect(await first.ended).toMatchObject({ kind: "lost", message: expect.stringContaining("taken over") });
});

test.each(["namespace", "process-group"] as const)(
  "a tool in a session of its own ends with its attempt: %s",
  async (isolation) => {
    await using machine = await makeMachine();
    const seconds = isolation === "namespace" ? 98_701 : 98_702;
    const started = machine.start(
      { executionPolicy: { sandbox: "danger-full-access", approval: "never" } },
      { isolation },
    );
    await runTurn(started, `RUN \`setsid sleep ${seconds} > /dev/null 2>&1 &\``);
    await expect.poll(() => sleepers(seconds)).toHaveLength(1);
    await lose(started);

    expect(sleepers(seconds)).toEqual([]);
    expect(await findAttemptProcesses(started.attemptId)).toEqual([]);
  },
);

test.each(["read-only", "workspace-write", "danger-full-access"] as const)(
  "the sandbox %s applies inside the isolation",
  async (sandbox) => {
    await using machine = await makeMachine();
    const started = machine.start({ executionPolicy: { sandbox, approval: "never" } });
    await runTurn(started, `RUN \`echo in > inside.txt\` RUN \`echo out > ${machine.root}/outside.txt\``);

    expect(fs.existsSync(path.join(machine.workspaceDir, "inside.txt"))).toBe(sandbox !== "read-only");
    expect(fs.existsSync(path.join(machine.root, "outside.txt"))).toBe(sandbox === "danger-full-access");
  },
);

test.skipIf(probeIsolation() !== "namespace").each(["read-only", "workspace-write", "danger-full-access"] as const)(
  "in the sandbox %s an agent sees only its own volume and scratch of the data folder",
  async (sandbox) => {
    await using machine = await makeMachine();
    const { root } = machine;
    fs.writeFileSync(path.join(root, "secrets.json"), "canary");
    fs.mkdirSync(path.join(root, "scratch", "att_other"), { recursive: true });
    fs.writeFileSync(path.join(root, "scratch", "att_other", "note"), "canary");
    const started = machine.start({ executionPolicy: { sandbox, approval: "never" } }, { dataDir: root });
    const uncover = `umount -l ${root}; cd ..; cat ../secrets.json ${root}/secrets.json /proc/[0-9]*/root/${root}/secrets.json`;
    await runTurn(
      started,
      `RUN \`(${uncover}; grep -r [c]anary ${root}) 2>/dev/null; ls -1 ${root} ${root}/scratch\` RUN \`touch ${root}/x inside.txt\``,
    );

    const output = started.controlPlane.payloads("command_output").map(({ text }) => String(text));
    expect(output.join("")).not.toContain("canary");
    expect(output.join("")).toContain(`${root}:\nscratch\nvolume\n\n${root}/scratch:\n${started.attemptId}\n`);
    expect(fs.existsSync(path.join(machine.workspaceDir, "inside.txt"))).toBe(sandbox !== "read-only");
    expect(fs.existsSync(path.join(root, "x"))).toBe(false);
  },
);

test.each(["tools/bin/codex", "codex"])("a codex and a workspace below the data folder work: %s", async (name) => {
  await using machine = await makeMachine();
  const codexPath = path.join(machine.root, name);
  const shared = path.join(machine.root, "shared", "project");
  for (const folder of [path.dirname(codexPath), shared]) fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(codexPath, `#!/bin/sh\nexec ${codexBinary()} "$@"\n`, { mode: 0o755 });
  const started = machine.start(
    { executionPolicy: { approval: "never" }, workspaceRef: { kind: "directory", path: shared } },
    { dataDir: machine.root, codexPath },
  );
  await runTurn(started, "RUN `echo in > inside.txt`");

  expect(fs.readFileSync(path.join(shared, "inside.txt"), "utf8")).toBe("in\n");
});

test("no tool of the agent sees the model's token or another process's environment", async () => {
  await using machine = await makeMachine();
  const other = spawn("sleep", ["600"], { env: childEnv({ PATH: process.env.PATH ?? "", RUNNER_CANARY: "secret" }) });
  const started = machine.start({ executionPolicy: { sandbox: "danger-full-access", approval: "never" } });
  await runTurn(started, "RUN `env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c RUNNER_CANARY`");

  other.kill("SIGKILL");
  const output = String(started.controlPlane.payloads("command_output")[0]?.text);
  expect(output).toContain("AGENTRUN_ATTEMPT=");
  expect(output).not.toContain("AGENTRUN_MODEL_TOKEN");
  // Without namespaces only codex's own sandboxes would hide these processes, and this run uses none.
  if (probeIsolation() === "namespace") expect(output.trimEnd().split("\n").at(-1)).toBe("0");
});

function sleepers(seconds: number): string[] {
  return fs
    .readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() === `sleep ${seconds}`;
      } catch {
        return false;
      }
    });
}
