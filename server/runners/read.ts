import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListRunnersInput, Runner } from "@/contract/runner";
import { RUNNER_PROTOCOL } from "@/contract/runner-protocol";
import { BEATS_A_LEASE } from "@/contract/words";
import { type FoundRunner, isLiving, meantBy, readRunners, runnerState } from "@/db/queries/runner-state";
import { runners, runs } from "@/db/schema";
import { boundRunId, type ServerSettings, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { policyOf } from "@/server/runs";
import { iso, storedJson } from "@/server/stored";
import { refusalsOf } from "./refusals";

const UNKNOWN_COMMIT = "unknown";

/** A runner as it leaves the program. */
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
    beatMs: leaseMs / BEATS_A_LEASE,
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

/** What is not known on both sides differs in nothing. */
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

/** The runner with what its state is made of; throws `not-found` when it is another tenant's or another run's. */
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

/** Runners, the last registered first. */
export async function listRunners(ctx: ServiceContext, input: ListRunnersInput): Promise<Page<Runner>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "runners.list" };
  const place = cursor === undefined ? undefined : after(decodePlace(filter, cursor, 2));
  const rows = await readRunners(ctx.db, and(ofTenant(ctx), matches(asked), place), limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.runner.id]));
  return { items: page.rows.map((row) => toRunner(row, ctx.settings)), cursor: page.cursor };
}

function after([registeredAt, id]: (string | number | null)[]): SQL {
  return sql`(${runners.registeredAt}, ${runners.id}) < (${registeredAt}::timestamptz, ${id})`;
}

function matches(asked: Omit<ListRunnersInput, "cursor" | "limit">): SQL | undefined {
  return and(
    asked.runId === undefined ? undefined : eq(runners.runId, asked.runId),
    asked.tenantId === undefined ? undefined : eq(runners.tenantId, asked.tenantId),
    asked.projectId === undefined ? undefined : eq(runs.projectId, asked.projectId),
    asked.backendProfile === undefined ? undefined : eq(runners.backendProfile, asked.backendProfile),
    asked.placement === undefined ? undefined : eq(runners.placement, asked.placement),
    asked.search === undefined ? undefined : meantBy(asked.search),
    isIn(asked.state),
  );
}

/** The living have an index of their own, which is told even where the state says it. */
function isIn(state: ListRunnersInput["state"]): SQL | undefined {
  if (state === undefined) return undefined;
  if (state === "ended") return sql`not ${isLiving}`;
  return state === "living" ? isLiving : and(isLiving, sql`${runnerState} = ${state}`);
}
