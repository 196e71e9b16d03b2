import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pino from "pino";
import { connect } from "@/db/client";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { createFolderArchive } from "@/server/archive/folder";
import type { Actor, ServiceContext, Topic } from "@/server/context";
import { createLocalVolumes } from "@/server/volumes/local";

export const ADMIN: Actor = { kind: "operator", name: "admin", role: "admin", tenantId: null, tokenId: null };
export const SYSTEM: Actor = { kind: "system", name: "test", tenantId: null };

export type TestStore = AsyncDisposable & {
  database: TestDatabase;
  /** Data folder with `volumes/` and `archive/`. */
  dataDir: string;
  woken: Topic[];
  /** A caller with a pool of its own, as another process would have. */
  as(actor?: Actor): ServiceContext;
};

/** A migrated database, folders for volumes and archive, and callers on them. */
export async function createTestStore(): Promise<TestStore> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(path.join(tmpdir(), "agentrun-store-"));
  const pools: { close(): Promise<void> }[] = [];
  const woken: Topic[] = [];
  const volumes = createLocalVolumes(path.join(dataDir, "volumes"));
  const archive = createFolderArchive(path.join(dataDir, "archive"));
  return {
    database,
    dataDir,
    woken,
    as(actor = ADMIN) {
      const connection = connect(database.url, { poolMax: 8 });
      pools.push(connection);
      return {
        pool: connection.pool,
        db: connection.db,
        actor,
        log: pino({ level: "silent" }),
        settings: {
          executor: "local",
          leaseMs: 20_000,
          publicUrl: "http://127.0.0.1:3000",
          runnerUrl: "http://127.0.0.1:3000",
          isDemoOn: true,
          workspaceRoots: [],
          backends: {},
          sourceCommit: "test",
        },
        requestId: "test",
        wake: (topic) => woken.push(topic),
        append: () => Promise.reject(new Error("these verbs append no events")),
        volumes,
        archive,
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(pools.map((pool) => pool.close()));
      await database[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
