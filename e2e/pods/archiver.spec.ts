import { randomBytes } from "node:crypto";
import { expect, test } from "@playwright/test";
import { openProgram, type Program } from "./program";

// Volumes that no archive holds the last turn of, because its pod was killed before it could hand it over.
const word = (name: string) => `${name}-${randomBytes(4).toString("hex")}`;

/** A session whose last turn did `work` and was killed in the middle of what followed. */
async function makeUnarchived(program: Program, name: string, work: string): Promise<string> {
  const sessionId = word(name);
  const first = await program.run(sessionId);
  await program.turn(first.id, "RUN `echo heron > kept.txt`");
  expect(await program.ended(first.id)).toMatchObject({ status: "completed" });
  const second = await program.run(sessionId);
  await program.turn(second.id, `RUN \`${work}\` RUN \`sleep 600\``);
  await program.until(`/runs/${second.id}/events?limit=500`, ({ items }) => {
    const commands = items.filter(({ type }: { type: string }) => type === "command_execution");
    const isDone = (item: { payload: { status?: string } }) => item.payload.status === "completed";
    return commands.some(isDone) && commands.length >= 3;
  });
  const [job] = (await program.ok("GET", `/runs/${second.id}/runner-jobs`)).items;
  program.kubectl("delete", "pod", "--selector", `job-name=${job.jobName}`, "--force", "--grace-period=0");
  expect(await program.ended(second.id)).toMatchObject({ status: "failed", failureKind: "runner-lost" });
  const storage = await program.ok("GET", `/sessions/${sessionId}/storage`);
  expect(storage).toMatchObject({ storageState: "live", restorable: true, isArchiveCurrent: false });
  return sessionId;
}

async function collect(program: Program, sessionId: string): Promise<{ outcome: string; reason: string } | undefined> {
  const report = await program.ok("POST", "/sessions/storage/gc", { limit: 100 });
  const isOurs = (entry: { sessionId: string }) => entry.sessionId === sessionId;
  for (const outcome of ["evicted", "advanced", "kept"]) {
    const entry = report[outcome].find(isOurs);
    if (entry) return { outcome, reason: entry.reason };
  }
  return undefined;
}

test("an expired claim that no archive holds is archived by a Job, evicted, restored, and its work goes on", async () => {
  test.setTimeout(600_000);
  const program = openProgram();
  const sessionId = await makeUnarchived(program, "unarchived", "echo egret >> kept.txt");
  const { pvcName } = await program.ok("GET", `/sessions/${sessionId}/storage`);
  await program.ok("PATCH", `/sessions/${sessionId}`, { expiresAt: "2020-01-01T00:00:00Z" });
  expect(await collect(program, sessionId)).toEqual({
    outcome: "advanced",
    reason: "expired, its archive is being made",
  });
  const archived = await program.until(`/sessions/${sessionId}/storage`, (storage) => storage.archiveOrder === null);
  expect(archived).toMatchObject({ storageState: "archiving", isArchiveCurrent: true, pvcPhase: "Bound" });
  expect(archived.filesCount).toBeGreaterThan(1);
  expect(await collect(program, sessionId)).toMatchObject({ reason: expect.stringMatching(/^expired, archived/) });
  await program.until(`/sessions/${sessionId}/storage`, (storage) => storage.storageState === "evicted");
  await expect.poll(() => program.list("persistentvolumeclaims")).not.toContain(`persistentvolumeclaim/${pvcName}`);

  await program.ok("POST", `/sessions/${sessionId}/storage/restore`);
  const next = await program.run(sessionId);
  await program.turn(next.id, "RUN `cat kept.txt`");
  expect(await program.ended(next.id)).toMatchObject({ status: "completed" });
  expect(await program.outputs(next.id)).toEqual(["heron\negret\n"]);
  expect(await program.said(next.id)).not.toContain("This is the first message of our conversation");
});

test("a run that comes while an archiver reads its claim has it at once, and its own turn is archived", async () => {
  test.setTimeout(600_000);
  const program = openProgram();
  const sessionId = await makeUnarchived(program, "reclaimed", "head -c 200000000 /dev/urandom > large.bin");
  await program.ok("POST", `/sessions/${sessionId}/storage/archive`);
  await program.until(`/sessions/${sessionId}/storage`, ({ archiveOrder }) => archiveOrder?.state === "running");
  const ours = "--selector=app.kubernetes.io/managed-by=agentrun";
  await expect.poll(() => program.list("pods", ours, "--field-selector=status.phase=Running")).toHaveLength(1);
  const next = await program.run(sessionId);
  await program.turn(next.id, "RUN `rm large.bin; cat kept.txt`");
  expect(await program.ended(next.id)).toMatchObject({ status: "completed" });
  expect(await program.outputs(next.id)).toEqual(["heron\n"]);
  const storage = await program.until(`/sessions/${sessionId}/storage`, ({ archiveOrder }) => archiveOrder === null);
  expect(storage).toMatchObject({ storageState: "live", isArchiveCurrent: true });
  await expect.poll(() => program.list("jobs,secrets", ours)).toEqual([]);
});
