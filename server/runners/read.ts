import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListRunnersInput, Runner } from "@/contract/runner";
import { RUNNER_PROTOCOL } from "@/contract/runner-protocol";
import { BEATS_PER_LEASE, type RunnerSkew } from "@/contract/words";
import {
  countMatchingRunners,
  type FoundRunner,
  isLiving,
  isStuck,
  meantBy,
  readRunners,
  runnerState,
} from "@/db/queries/runner-state";
import { isWithin } from "@/db/queries/sql/is-within";
import { runnerJobs, runners, runs } from "@/db/schema";
import { boundRunId, type ServerSettings, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { type Counted, countedFrom, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { policyOf } from "@/server/runs";
import { iso, storedJson } from "@/server/stored";
import { refusalsOf } from "./refusals";

const UNKNOWN_COMMIT = "unknown";

/** Converts a runner into the form that the API returns. */
export function toRunner(found: FoundRunner, settings: Pick<ServerSettings, "executor" | "sourceCommit">): Runner {
  const { runner, state, leaseMs } = found;
  return {
    id: runner.id,
    runId: runner.runId,
    attemptId: runner.attemptId,
    backendProfile: runner.backendProfile,
    placement: runner.placement,
    sourceCommit: runner.sourceCommit,
    metadata: storedJson(runner.metadata) ?? {},
    registeredAt: iso(runner.registeredAt),
    heartbeatAt: iso(runner.heartbeatAt),
    tenantId: runner.tenantId,
    state,
    beatMs: leaseMs / BEATS_PER_LEASE,
    beats: {
      count: runner.beatCount,
      gapsMs: runner.beatGaps.map((tenths) => tenths * 100),
      tripsMs: runner.beatTrips.map((trip) => (trip < 0 ? null : trip)),
    },
    cpuPercent: runner.cpuPercent,
    rssBytes: runner.rssBytes,
    protocolVersion: runner.protocolVersion,
    skew: skewOf(runner, settings.sourceCommit),
    leaseEpoch: runner.leaseEpoch,
    leaseExpiresAt: found.isHeld ? iso(found.leaseExpiresAt) : null,
    drain: runner.drain,
    kill: runner.kill,
    endedAt: iso(runner.endedAt),
    endKind: runner.endKind,
    endMessage: runner.endMessage,
    run: runOf(found),
    job: found.job,
    refusals: refusalsOf(found, settings.executor),
  };
}

function runOf({ run, title, isHeld, turnsRunning, turnsWaiting }: FoundRunner): Runner["run"] {
  if (run === null) return null;
  const { maxAttempts, onLost } = policyOf(run);
  return {
    status: run.status,
    title,
    sessionId: run.sessionId,
    projectId: run.projectId,
    isHeld,
    leaseState: run.leaseState,
    leaseEpoch: run.leaseEpoch,
    attemptCount: run.attemptCount,
    attemptMax: maxAttempts,
    nextAttemptAt: iso(run.nextAttemptAt),
    onLost,
    turns: { running: turnsRunning, waiting: turnsWaiting },
  };
}

/**
 * Compares the runner's versions with the server's. A version that one of the two does not know is not a difference.
 */
function skewOf(
  { protocolVersion, sourceCommit }: Pick<FoundRunner["runner"], "protocolVersion" | "sourceCommit">,
  own: string,
): Runner["skew"] {
  if (protocolVersion !== null && protocolVersion !== RUNNER_PROTOCOL) return "protocol";
  const isKnown = sourceCommit !== null && sourceCommit !== UNKNOWN_COMMIT && own !== UNKNOWN_COMMIT;
  return isKnown && sourceCommit !== own ? "build" : null;
}

export async function getRunner(ctx: ServiceContext, input: { runnerId: string }): Promise<Runner> {
  return toRunner(await findRunner(ctx, input.runnerId), ctx.settings);
}

/**
 * Finds a runner with the facts of which its state is made. Throws `not-found` if it is another tenant's or another
 * run's.
 */
export async function findRunner(ctx: ServiceContext, runnerId: string): Promise<FoundRunner> {
  const bound = boundRunId(ctx.actor);
  const isOwn = bound === null ? undefined : eq(runners.runId, bound);
  const [found] = await readRunners(ctx.db, and(eq(runners.id, runnerId), ofTenant(ctx), isOwn), 1);
  if (!found) throw new NotFoundError("runner", runnerId);
  return found;
}

function ofTenant(ctx: ServiceContext): SQL | undefined {
  const tenantId = tenantOf(ctx);
  return tenantId === null ? undefined : eq(runners.tenantId, tenantId);
}

/** Lists runners, the last registered first. */
export async function listRunners(ctx: ServiceContext, input: ListRunnersInput): Promise<Page<Runner>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "runners.list" };
  const position = cursor === undefined ? undefined : after(decodePlace(filter, cursor, 2));
  const rows = await readRunners(ctx.db, and(matchesRunners(ctx, conditions), position), limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.runner.id]));
  return { items: page.rows.map((row) => toRunner(row, ctx.settings)), cursor: page.cursor };
}

function after([registeredAt, id]: (string | number | null)[]): SQL {
  return sql`(${runners.registeredAt}, ${runners.id}) < (${registeredAt}::timestamptz, ${id})`;
}

/** Counts the runners of a list, up to `max`; the result says whether there may be more. */
export async function countRunnersListed(ctx: ServiceContext, input: ListRunnersInput, max: number): Promise<Counted> {
  return countedFrom(await countMatchingRunners(ctx.db, matchesRunners(ctx, input), max), max, false);
}

/** Matches the caller's runners by a list's filter. The query must join what `RUNNERS_JOINED` has. */
export function matchesRunners(
  ctx: ServiceContext,
  conditions: Omit<ListRunnersInput, "cursor" | "limit">,
): SQL | undefined {
  const { stuckAfterMs, sourceCommit } = ctx.settings;
  return and(
    ofTenant(ctx),
    conditions.runId === undefined ? undefined : eq(runners.runId, conditions.runId),
    conditions.tenantId === undefined ? undefined : eq(runners.tenantId, conditions.tenantId),
    conditions.projectId === undefined ? undefined : eq(runs.projectId, conditions.projectId),
    conditions.backendProfile === undefined ? undefined : eq(runners.backendProfile, conditions.backendProfile),
    conditions.placement === undefined ? undefined : eq(runners.placement, conditions.placement),
    conditions.host === undefined ? undefined : sql`${runners.metadata} ->> 'host' = ${conditions.host}`,
    conditions.sourceCommit === undefined
      ? undefined
      : sql`starts_with(${runners.sourceCommit}, ${conditions.sourceCommit})`,
    conditions.skew === undefined ? undefined : differs(conditions.skew, sourceCommit),
    conditions.endKind === undefined ? undefined : eq(runners.endKind, conditions.endKind),
    matchesFlag(conditions.isLaunched, sql`${runnerJobs.id} is not null`),
    matchesFlag(conditions.isDrained, sql`${runners.drain} is not null`),
    matchesFlag(conditions.isStuck, isStuck(stuckAfterMs)),
    isWithin(runners.heartbeatAt, {
      withinMinutes: conditions.heardWithinMinutes,
      olderThanMinutes: conditions.silentForMinutes,
    }),
    isWithin(runners.registeredAt, conditions),
    conditions.search === undefined ? undefined : meantBy(conditions.search),
    isIn(conditions.state),
  );
}

/** The SQL counterpart of `skewOf`. */
function differs(skew: RunnerSkew, own: string): SQL {
  const { protocolVersion, sourceCommit } = runners;
  if (skew === "protocol") return sql`${protocolVersion} <> ${RUNNER_PROTOCOL}`;
  if (own === UNKNOWN_COMMIT) return sql`false`;
  return sql`coalesce(${protocolVersion}, ${RUNNER_PROTOCOL}) = ${RUNNER_PROTOCOL}
    and ${sourceCommit} not in (${own}, ${UNKNOWN_COMMIT})`;
}

/** Matches a condition or its opposite. An unknown (null) condition counts as false. */
function matchesFlag(value: boolean | undefined, condition: SQL): SQL | undefined {
  if (value === undefined) return undefined;
  return value ? condition : sql`(${condition}) is not true`;
}

/**
 * Living runners have a partial index of their own: its condition is repeated even where the state implies it, so that
 * the index is used.
 */
function isIn(state: ListRunnersInput["state"]): SQL | undefined {
  if (state === undefined) return undefined;
  if (state === "ended") return sql`not ${isLiving}`;
  return state === "living" ? isLiving : and(isLiving, sql`${runnerState} = ${state}`);
}
