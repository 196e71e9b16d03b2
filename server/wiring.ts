import type { Logger } from "pino";
import { connect, type Database } from "@/db/client";
import { readMigrations } from "@/db/migrate";
import { readBackendsFile } from "./backends";
import { BudgetGate } from "./budgets";
import type { Actor, ServerSettings, ServiceContext, Topic } from "./context";
import { findDocsFolder } from "./docs";
import { readProviderKey, readServerEnv, type ServerEnv, splitFolders } from "./env";
import { APPENDER_LANES, EventAppender } from "./events";
import { Holds, ProviderLimits } from "./gateway";
import type { HealthSource } from "./health";
import {
  type Authenticator,
  createAuthenticator,
  createFailedSignIns,
  createRequestLimits,
  type FailedSignIns,
  type RequestLimits,
} from "./identity";
import { Live } from "./live";
import { createLog } from "./log";
import { countCall, createMetrics, type Metrics } from "./metrics";
import { TaskWriter } from "./queue";
import { openSeams } from "./seams";
import { SessionActivity } from "./sessions";
import { readSsoFile, SsoProvider } from "./sso";
import { CallRecorder, pricesOf } from "./usage";

/** Bytes of images that one tenant may upload at the same time: enough for three full messages. */
const UPLOADS_BYTES_MAX = 64 * 1024 * 1024;

/** Everything that one process of the server has exactly one of. */
export type Wiring = {
  env: ServerEnv;
  settings: ServerSettings;
  log: Logger;
  database: Database;
  live: Live;
  authenticator: Authenticator;
  failedSignIns: FailedSignIns;
  /**
   * Failed sign-ins of people who came back from a provider. Kept apart, so that failures there never lock out people
   * with tokens.
   */
  failedSsoSignIns: FailedSignIns;
  /** Wrong codes that signed-in people type for a command line, counted by sign-in. */
  codeGuesses: FailedSignIns;
  requestLimits: RequestLimits;
  openCalls: Holds;
  heldBodies: Holds;
  /** Bytes of images that are being uploaded, by tenant. */
  heldUploads: Holds;
  providerLimits: ProviderLimits;
  budgets: BudgetGate;
  /** The provider where people sign in besides tokens; null: there is none. */
  sso: SsoProvider | null;
  /** Records calls to models. */
  calls: CallRecorder;
  health: HealthSource;
  metrics: Metrics;
  /** Makes the services' first argument for a caller. */
  serviceFor(actor: Actor, requestId: string): ServiceContext;
  /** Whether `/readyz` may answer yes; false while the process starts and stops. */
  setServing(isServing: boolean): void;
  /** Sets the port that was assigned where the environment asked for any free one. */
  listensOn(port: number): void;
  close(): Promise<void>;
};

/** For one address in a minute, including sign-ins under way: a whole company may share one address. */
const SSO_FAILURES_MAX = 30;
/** For one sign-in in a minute. */
const CODE_GUESSES_MAX = 10;

export function createWiring(env: ServerEnv, name: string): Wiring {
  const log = createLog(env.LOG_LEVEL, name);
  const settings = settingsFrom(env);
  const sso = readSsoFile(env.AGENTRUN_SSO);
  const { volumes, archive } = openSeams(env);
  const connection = {
    applicationName: `agentrun-${name}`,
    onIdleError: (error: Error) => log.warn({ err: error }, "lost an idle database connection"),
  };
  const database = connect(env.DATABASE_URL, connection);
  const appending = connect(env.DATABASE_URL, { ...connection, poolMax: APPENDER_LANES, isForAppending: true });
  const { db, pool } = database;
  const metrics = createMetrics();
  const authenticator = createAuthenticator(db, env.AGENTRUN_ADMIN_TOKEN ?? null);
  const live = new Live({ db, databaseUrl: env.DATABASE_URL, log, endedTokens: authenticator.endedTokens });
  const activity = new SessionActivity(pool, (error) =>
    log.warn({ err: error }, "could not update sessions from their events"),
  );
  const wake = (topic: Topic): void => {
    live.wake(topic);
    // Every stored event wakes its run's readers, whoever wrote it.
    if (topic.startsWith("events:")) activity.note(topic.slice("events:".length));
  };
  const appender = new EventAppender({
    pool: appending.pool,
    wake,
    onStored: (events) => metrics.events.inc(events),
  });
  const taskWriter = new TaskWriter();
  const calls = new CallRecorder({
    pool,
    log,
    pricesOf: (profile, model) => pricesOf(settings.backends, profile, model),
    onEnded: (call) => countCall(metrics, call),
    onStored: (stored) => budgets.noteSpent(stored),
    onLost: (lost) => metrics.modelCallsLost.inc(lost),
  });
  let isServing = true;
  const addTask: ServiceContext["addTask"] = (caller, input) => taskWriter.add(caller, input);
  const append: ServiceContext["append"] = (batch) => appender.append(batch);
  const serviceFor = (actor: Actor, requestId: string): ServiceContext => {
    return { pool, db, actor, log, settings, requestId, wake, append, addTask, volumes, archive };
  };
  const budgets = new BudgetGate(serviceFor({ kind: "system", name: "budgets", tenantId: null }, "budgets"));

  return {
    env,
    settings,
    log,
    database,
    live,
    authenticator,
    failedSignIns: createFailedSignIns(),
    failedSsoSignIns: createFailedSignIns(SSO_FAILURES_MAX),
    codeGuesses: createFailedSignIns(CODE_GUESSES_MAX, "codes that nobody has"),
    requestLimits: createRequestLimits(),
    openCalls: new Holds(env.AGENTRUN_MODEL_CALLS_PER_RUN_MAX),
    heldBodies: new Holds(env.AGENTRUN_MODEL_BYTES_PER_RUN_MAX),
    heldUploads: new Holds(UPLOADS_BYTES_MAX),
    providerLimits: new ProviderLimits({ db: database.db, log, wake }),
    budgets,
    sso: sso && new SsoProvider(sso, readProviderKey),
    calls,
    health: {
      pool,
      migrationIds: readMigrations().map((migration) => migration.id),
      isServing: () => isServing,
      isListening: () => live.isListening,
    },
    metrics,
    serviceFor,
    setServing(value) {
      isServing = value;
    },
    listensOn(port) {
      if (env.PORT !== 0) return;
      const url = localUrl(env.HOST, port);
      if (!env.AGENTRUN_PUBLIC_URL) settings.publicUrl = url;
      if (!env.AGENTRUN_RUNNER_URL) settings.runnerUrl = url;
    },
    async close() {
      await calls.close();
      await taskWriter.close();
      await appender.close();
      await appending.close();
      await activity.close();
      await live.close();
      await database.close();
    },
  };
}

function settingsFrom(env: ServerEnv): ServerSettings {
  const local = localUrl(env.HOST, env.PORT);
  return {
    executor: env.AGENTRUN_EXECUTOR,
    leaseMs: env.AGENTRUN_LEASE_MS,
    runnersMax: env.AGENTRUN_RUNNERS_MAX,
    publicUrl: (env.AGENTRUN_PUBLIC_URL ?? local).replace(/\/$/, ""),
    runnerUrl: (env.AGENTRUN_RUNNER_URL ?? local).replace(/\/$/, ""),
    isDemoOn: env.AGENTRUN_DEMO === "on",
    workspaceRoots: splitFolders(env.AGENTRUN_WORKSPACE_ROOTS),
    backends: readBackendsFile(env.AGENTRUN_BACKENDS),
    readVariable: readProviderKey,
    sourceCommit: env.AGENTRUN_SOURCE_COMMIT,
    docsFolder: findDocsFolder(),
    runnerImage: env.AGENTRUN_RUNNER_IMAGE ?? "local",
    stuckAfterMs: env.AGENTRUN_STUCK_AFTER_MS,
    attachmentsBytesMax: env.AGENTRUN_SESSION_IMAGES_BYTES_MAX,
    waitingAttachmentsBytesMax: env.AGENTRUN_TASK_IMAGES_BYTES_MAX,
    launchMaxMs: env.AGENTRUN_LAUNCH_MAX_MS,
    runnerDeadlineMs: env.AGENTRUN_EXECUTOR === "kubernetes" ? env.AGENTRUN_RUNNER_DEADLINE_SECONDS * 1_000 : null,
    storage: {
      idleTtlMs: env.AGENTRUN_SESSION_IDLE_TTL_MS ?? null,
      gcIntervalMs: env.AGENTRUN_SESSION_GC_INTERVAL_MS,
      dailyMax: env.AGENTRUN_SESSION_GC_DAILY_MAX,
      breakerMin: env.AGENTRUN_SESSION_GC_BREAKER_MIN,
      breakerShare: env.AGENTRUN_SESSION_GC_BREAKER_PERCENT / 100,
      archiveKeep: env.AGENTRUN_ARCHIVE_KEEP,
      archiveRetentionMs: env.AGENTRUN_ARCHIVE_RETENTION_MS ?? null,
      archiveRetentionDays: env.AGENTRUN_ARCHIVE_RETENTION_DAYS ?? null,
    },
  };
}

function localUrl(host: string, port: number): string {
  if (host === "0.0.0.0" || host === "::") return `http://127.0.0.1:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Shared by web's own code and Next's bundles, which are separate module graphs in one process. */
const SHARED = Symbol.for("agentrun.wiring");
type Shared = { [SHARED]?: Wiring };

/** Returns the process's wiring, made from its environment on first use. */
export function getWiring(): Wiring {
  const shared = globalThis as Shared;
  if (!shared[SHARED]) {
    shared[SHARED] = createWiring(readServerEnv(), "web");
    shared[SHARED].live.start();
  }
  return shared[SHARED];
}

/** Makes a wiring the process's own, for programs that create it themselves. */
export function shareWiring(wiring: Wiring): Wiring {
  (globalThis as Shared)[SHARED] = wiring;
  return wiring;
}
