import { eq, inArray } from "drizzle-orm";
import { expect, test } from "vitest";
import { sessions } from "@/db/schema";
import { makeSession } from "@/db/test/factories";
import { createTestStore } from "@/server/storage/test/context";
import { ensureVolumes } from ".";

test("records many sessions' volumes together; one that fails or was evicted meanwhile delays no other", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const ids = ["ses_1", "ses_2", "ses_3", "ses_4"];
  const made = [];
  for (const sessionId of ids) made.push(await makeSession(ctx.db, { sessionId, storageState: "creating" }));
  // The provider refuses the volume of ses_1; ses_2 is evicted while its volume is made.
  const volumes = {
    ...ctx.volumes,
    async ensure(spec: Parameters<typeof ctx.volumes.ensure>[0]) {
      if (spec.sessionId === "ses_1") throw new Error("no room");
      if (spec.sessionId === "ses_2")
        await ctx.db.update(sessions).set({ storageState: "evicted" }).where(eq(sessions.sessionId, "ses_2"));
      return ctx.volumes.ensure(spec);
    },
  };
  const failed: string[] = [];
  await ensureVolumes({ ...ctx, volumes }, made, (_error, sessionId) => failed.push(sessionId));

  expect(failed).toEqual(["ses_1"]);
  const { sessionId, storageState } = sessions;
  const rows = await ctx.db.select({ storageState }).from(sessions).where(inArray(sessionId, ids)).orderBy(sessionId);
  expect(rows.map((row) => row.storageState)).toEqual(["creating", "deleting", "live", "live"]);
  // A volume that was made after an eviction is removed in the one way there is for it.
  expect(await ctx.volumes.find(ctx.volumes.nameFor("ses_2"))).toBeNull();
  expect(await ctx.volumes.find(ctx.volumes.nameFor("ses_3"))).not.toBeNull();
});

test("records sessions whose volumes are ready at once in one statement", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const made = [];
  for (let count = 0; count < 20; count += 1) made.push(await makeSession(ctx.db, { storageState: "creating" }));
  let ready = () => {};
  const all = new Promise<void>((resolve) => {
    let waiting = made.length;
    ready = () => {
      waiting -= 1;
      if (waiting === 0) resolve();
    };
  });
  const volumes = {
    ...ctx.volumes,
    async ensure(spec: Parameters<typeof ctx.volumes.ensure>[0]) {
      const volume = await ctx.volumes.ensure(spec);
      ready();
      await all;
      return volume;
    },
  };
  await ensureVolumes({ ...ctx, volumes }, made, (error) => expect.unreachable(String(error)));
  const rows = await ctx.db.select({ state: sessions.storageState, xid: sessions.changeXid }).from(sessions);
  expect(rows.map(({ state }) => state)).toEqual(made.map(() => "live"));
  expect(new Set(rows.map(({ xid }) => xid)).size).toBe(1);
});
