import process from "node:process";
import { within } from "@/contract/async";
import type { Reached, ServerStatus } from "@/contract/status";
import { type AppliedMigrations, readDatabaseFacts } from "@/db/queries/database-facts";
import type { ServiceContext } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import { VERSION } from "@/server/version";
import { type Loops, readLoopStates } from "./loops";
import type { HealthSource } from "./read-health";

/** A part that does not answer within this time counts as unreachable. */
const ANSWER_MS = 4_000;
/** A result is reused for this long: many open pages ask often. */
const FRESH_MS = 5_000;

type Try = { atMs: number; reached: Promise<Reached> };
/** One entry each for this process's archive and volumes. */
const tries = new WeakMap<object, Try>();

/** Returns the parts of the installation and their state, each asked now. */
export async function serverStatus(ctx: ServiceContext, source: HealthSource): Promise<ServerStatus> {
  const { volumes, archive, settings } = ctx;
  const [facts, states, archiveReached, volumesReached] = await Promise.all([
    askDatabase(ctx),
    readLoopStates(ctx),
    reach(archive, () => archive.check()),
    // A name that belongs to no session: any answer shows that the provider is reachable.
    reach(volumes, () => volumes.find(volumes.nameFor(""))),
  ]);
  return {
    web: {
      version: VERSION,
      sourceCommit: settings.sourceCommit,
      nodeVersion: process.versions.node,
      startedAt: new Date(Date.now() - process.uptime() * 1_000).toISOString(),
      isListening: source.isListening(),
    },
    ...states,
    clock: facts.clock,
    database: { version: facts.version },
    migrations: compare(facts.migrations, source.migrationIds),
    archive: archiveReached,
    volumes: { ...volumesReached, provider: volumes.provider },
    executor: executorOf(settings.executor, states),
  };
}

async function askDatabase(ctx: ServiceContext) {
  const beganMs = performance.now();
  const { nowMs, ...facts } = await readDatabaseFacts(ctx.db);
  const roundTripMs = performance.now() - beganMs;
  const serverMs = Date.now();
  return {
    ...facts,
    clock: {
      serverAt: new Date(serverMs).toISOString(),
      // The database is assumed to have answered half-way through the round trip.
      databaseAheadMs: Math.round(nowMs - (serverMs - roundTripMs / 2)),
      roundTripMs: Math.round(roundTripMs),
    },
  };
}

function compare(applied: AppliedMigrations, expected: string[]): ServerStatus["migrations"] {
  const [expectedSet, appliedSet] = [new Set(expected), new Set(applied)];
  return {
    applied: applied.length,
    expected: expected.length,
    missing: expected.filter((id) => !appliedSet.has(id)),
    unknown: applied.filter((id) => !expectedSet.has(id)),
  };
}

function reach(target: object, probe: () => Promise<unknown>): Promise<Reached> {
  const previous = tries.get(target);
  if (previous && performance.now() - previous.atMs < FRESH_MS) return previous.reached;
  const reached = tryOnce(probe);
  tries.set(target, { atMs: performance.now(), reached });
  return reached;
}

async function tryOnce(probe: () => Promise<unknown>): Promise<Reached> {
  const beganMs = performance.now();
  const probed = probe().then(
    () => null,
    (error: unknown) => messageOf(error),
  );
  const answer = await within(
    ANSWER_MS,
    probed.then((message) => ({ message })),
  );
  const message = answer === null ? `it did not answer within ${ANSWER_MS / 1_000} seconds` : answer.message;
  return { isReachable: message === null, message, tookMs: Math.round(performance.now() - beganMs) };
}

/** A file system's message holds a path, so only its code is shown. */
function messageOf(error: unknown): string {
  const fault = toAgentRunError(error);
  if (fault.reason !== "unexpected") return fault.message;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? `the file system says ${code}` : "it failed: see the server's log";
}

function executorOf(kind: string, { loops }: Loops): ServerStatus["executor"] {
  const reconciler = loops.find(({ name }) => name === "reconciler");
  if (!reconciler || reconciler.state === "away" || (reconciler.passedAt === null && reconciler.failures === 0))
    return { kind, isReachable: null, seenAt: reconciler?.passedAt ?? null };
  return { kind, isReachable: reconciler.failures === 0, seenAt: reconciler.passedAt };
}
