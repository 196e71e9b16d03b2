import pino from "pino";
import { connect, type Database } from "@/db/client";
import type { Actor, ServerSettings, ServiceContext, Topic } from "@/server/context";
import { findDocsFolder } from "@/server/docs";
import { APPENDER_LANES, EventAppender } from "@/server/events";
import { TaskWriter } from "@/server/queue";
import type { Volumes } from "@/server/volumes/volumes";

export const ADMIN: Actor = { kind: "operator", name: "admin", role: "admin", tenantId: null, tokenId: null };

export function tenantOperator(tenantId: string): Actor {
  return { kind: "operator", name: `of ${tenantId}`, role: "operator", tenantId, tokenId: null };
}

export function runnerActor(runId: string, leaseEpoch: number, tenantId = "default"): Actor {
  return { kind: "runner", name: runId, runId, leaseEpoch, tenantId, tokenId: "tok_test" };
}

export type TestContext = ServiceContext &
  AsyncDisposable & { database: Database; woken: Topic[]; as(actor: Actor): ServiceContext };

/** Makes a service context on a test's database, with an appender of its own: a server process without a network. */
export function testContext(
  database: { url: string },
  options: {
    actor?: Actor;
    settings?: Partial<ServerSettings>;
    poolMax?: number;
    deadlineMs?: number;
    volumes?: Volumes;
  } = {},
): TestContext {
  const { deadlineMs } = options;
  const connected = connect(database.url, { poolMax: options.poolMax ?? 8, deadlineMs });
  const appending = connect(database.url, { poolMax: APPENDER_LANES, isForAppending: true, deadlineMs });
  const woken: Topic[] = [];
  const appender = new EventAppender({ pool: appending.pool, onStored: () => {}, wake: (topic) => woken.push(topic) });
  const taskWriter = new TaskWriter();
  const context: ServiceContext = {
    pool: connected.pool,
    db: connected.db,
    actor: options.actor ?? ADMIN,
    log: pino({ level: "silent" }),
    requestId: "test",
    settings: {
      executor: "none",
      leaseMs: 20_000,
      runnersMax: 32,
      publicUrl: "http://127.0.0.1:3000",
      runnerUrl: "http://127.0.0.1:3000",
      isDemoOn: true,
      readVariable: () => null,
      workspaceRoots: [],
      backends: {},
      sourceCommit: "test",
      docsFolder: findDocsFolder(),
      runnerImage: "local",
      runnerDeadlineMs: null,
      launchMaxMs: 1_800_000,
      stuckAfterMs: 600_000,
      attachmentsBytesMax: 209_715_200,
      waitingAttachmentsBytesMax: 1_073_741_824,
      storage: {
        ...{ idleTtlMs: null, gcIntervalMs: 300_000, dailyMax: 500, breakerMin: 200, breakerShare: 0.2 },
        ...{ archiveKeep: 2, archiveRetentionMs: null, archiveRetentionDays: null },
      },
      ...options.settings,
    },
    wake: (topic) => woken.push(topic),
    append: (batch) => appender.append(batch),
    addTask: (caller, input) => taskWriter.add(caller, input),
    volumes: options.volumes ?? memoryVolumes(),
    archive: unusedArchive,
  };
  return Object.assign(context, {
    database: connected,
    woken,
    as: (actor: Actor): ServiceContext => ({ ...context, actor }),
    async [Symbol.asyncDispose]() {
      await taskWriter.close();
      await appender.close();
      await appending.close();
      await connected.close();
    },
  });
}

/** Makes volumes that are only names, for tests of what the rows say, never of what a volume holds. */
function memoryVolumes(): Volumes {
  const made = new Set<string>();
  const makeStatus = (name: string) => ({ name, namespace: "local", uid: name, phase: "Bound" as const });
  return {
    namespace: "local",
    provider: "local",
    defaultSizeBytes: null,
    nameFor: (sessionId) => `volume-${sessionId}`,
    async ensure({ sessionId }) {
      const name = `volume-${sessionId}`;
      made.add(name);
      return makeStatus(name);
    },
    find: async (name) => (made.has(name) ? makeStatus(name) : null),
    inspect: async () => null,
    async *list() {},
    async remove(name) {
      made.delete(name);
      return "gone";
    },
    isEmpty: async () => true,
    folderOf: () => null,
  };
}

const unusedArchive: ServiceContext["archive"] = {
  check: () => Promise.resolve(),
  put: () => Promise.reject(new Error("this test has no archive")),
  get: () => Promise.resolve(null),
  copy: () => Promise.resolve(false),
  remove: () => Promise.resolve(),
  removeAll: () => Promise.resolve(),
};
