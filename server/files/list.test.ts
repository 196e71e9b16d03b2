import { expect, test } from "vitest";
import { createTestStore } from "@/server/storage/test/context";
import { archive, claimSession, makeStoredSession, runTurn } from "@/server/storage/test/volume";
import { listFiles, readFile } from ".";

test("a list that a turn's archive overtakes is of the archive before it, whole", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "first" });
  await archive(ctx, held, sessionId);
  const before = await listFiles(ctx, { sessionId, path: "", limit: 50 });
  const path = before.items.find(({ kind }) => kind === "file")?.path ?? "";

  // As a commit does that keeps one archive: it arrives between a list's statements.
  const [gate, watcher] = [await store.database.connect(), await store.database.connect()];
  for (const read of [
    () => listFiles(store.as(), { sessionId, path: "", limit: 50 }),
    () => readFile(store.as(), { sessionId, path }),
  ]) {
    await gate.query("begin; lock table agentrun_archive_manifests in access exclusive mode");
    const reading = read();
    const locked = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await expect.poll(async () => (await watcher.query(locked)).rowCount).toBe(1);
    await gate.query(`
      update agentrun_sessions set archive_manifest_id = archive_manifest_id || 'n' where archive_manifest_id is not null;
      update agentrun_archive_manifests set id = id || 'n';
      commit`);
    const { manifestId } = before.archive ?? { manifestId: "" };
    expect((await reading).archive?.manifestId).toBe(manifestId);
    await gate.query(`
      update agentrun_archive_manifests set id = '${manifestId}';
      update agentrun_sessions set archive_manifest_id = '${manifestId}' where archive_manifest_id is not null`);
  }
});
