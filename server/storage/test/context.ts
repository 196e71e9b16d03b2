import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { createFolderArchive } from "@/server/archive/folder";
import type { Actor, ServiceContext, StorageSettings } from "@/server/context";
import { ADMIN, type TestContext, testContext } from "@/server/test/context";
import { createLocalVolumes } from "@/server/volumes/local";

export { runnerActor as runnerOf, tenantOperator } from "@/server/test/context";
export const SYSTEM: Actor = { kind: "system", name: "test", tenantId: null };

export type TestStore = AsyncDisposable & {
  database: TestDatabase;
  /** The data folder, with `volumes/` and `archive/`. */
  dataDir: string;
  /** Makes a caller with a pool of its own, as another process would have. */
  as(actor?: Actor): ServiceContext & { woken: TestContext["woken"] };
};

/** Makes a migrated database, real folders for volumes and archive, and callers that use them. */
export async function createTestStore(): Promise<TestStore> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(path.join(tmpdir(), "agentrun-store-"));
  const contexts: TestContext[] = [];
  const volumes = createLocalVolumes(path.join(dataDir, "volumes"));
  const archive = createFolderArchive(path.join(dataDir, "archive"));
  return {
    database,
    dataDir,
    as(actor = ADMIN) {
      const ctx = testContext(database, { actor, volumes });
      contexts.push(ctx);
      return { ...ctx, archive };
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(contexts.map((ctx) => ctx[Symbol.asyncDispose]()));
      await database[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Returns the same caller with another configuration of storage. */
export function withStorage(ctx: ServiceContext, storage: Partial<StorageSettings>): ServiceContext {
  return { ...ctx, settings: { ...ctx.settings, storage: { ...ctx.settings.storage, ...storage } } };
}
