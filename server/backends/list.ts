import {
  BACKEND_CAPABILITIES,
  type Backend,
  BUILT_IN_PROFILES,
  DEMO_PROFILE,
  type ListBackendsInput,
} from "@/contract/backend";
import { LIST_LIMIT_MAX, type Page } from "@/contract/page";
import type { TaskState } from "@/contract/queue";
import { readOtherTurns } from "@/db/queries/other-turns";
import { readTaskCounts, type TaskCount } from "@/db/queries/queue/counts";
import { type BackendRow, backends } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { iso, storedJson } from "@/server/stored";
import { configOf } from "./config-of";
import { describeKey } from "./key";
import { healthSeenBy, probeSeenBy } from "./seen";

/** The name of the scripted model. */
const DEMO_MODEL = "demo";
/** The time of the last change for a profile without a row: it has never been changed. */
const SINCE_EVER = new Date(0);

/** Lists every profile that a run may name, by name: built in, configured or stored, and the demo where it is on. */
export async function listBackends(ctx: ServiceContext, input?: ListBackendsInput): Promise<Page<Backend>> {
  const { cursor, limit } = input ?? { limit: LIST_LIMIT_MAX };
  const filter = { list: "backends.list" };
  const [after = ""] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  const profiles = (await allBackends(ctx)).filter(({ profile }) => profile > String(after));
  const page = pageFrom(profiles.slice(0, limit + 1), limit, (last) => encodeCursor(filter, [last.profile]));
  return { items: page.rows, cursor: page.cursor };
}

/** Returns all profiles, or the one with a name. There are few of them. */
export async function allBackends(ctx: ServiceContext, only?: string): Promise<Backend[]> {
  const rows = await ctx.db.select().from(backends);
  const stored = new Map(rows.map((row) => [row.profile, row]));
  const names = new Set([...BUILT_IN_PROFILES, ...Object.keys(ctx.settings.backends), ...stored.keys()]);
  names.delete(DEMO_PROFILE);
  if (ctx.settings.isDemoOn) names.add(DEMO_PROFILE);
  const profiles = [...names].filter((profile) => only === undefined || profile === only).sort();
  const [counts, turns] = await Promise.all([
    readTaskCounts(ctx.db, { tenantId: tenantOf(ctx) }),
    readOtherTurns(ctx.db, tenantOf(ctx)),
  ]);
  return Promise.all(profiles.map((profile) => toBackend(ctx, profile, { row: stored.get(profile), counts, turns })));
}

type OtherTurns = Awaited<ReturnType<typeof readOtherTurns>>;

async function toBackend(
  ctx: ServiceContext,
  profile: string,
  { row, counts, turns }: { row: BackendRow | undefined; counts: TaskCount[]; turns: OtherTurns },
): Promise<Backend> {
  const isDemo = profile === DEMO_PROFILE;
  const config = configOf(ctx.settings.backends, profile);
  const tasks = (states: TaskState[]) =>
    counts
      .filter(({ backendProfile, state }) => backendProfile === profile && states.includes(state))
      .reduce((sum, count) => sum + count.tasks, 0);
  return {
    profile,
    // The stored row may extend or replace what is built in.
    capabilities: { ...BACKEND_CAPABILITIES, ...(row ? storedJson(row.capabilities) : null) },
    capacity: (row ? storedJson(row.capacity) : null) ?? {},
    health: healthSeenBy(ctx, (row ? storedJson(row.health) : null) ?? { status: "unregistered" }),
    updatedAt: iso(row?.updatedAt ?? SINCE_EVER),
    isDemo,
    model: isDemo ? DEMO_MODEL : (config?.model ?? null),
    isConfigured: isDemo || config !== undefined,
    wire: isDemo ? "responses" : (config?.wire ?? null),
    // Tenants must not learn the addresses of an installation's providers.
    baseUrl: tenantOf(ctx) === null ? (config?.baseUrl ?? null) : null,
    key: await describeKey(config, ctx.settings.readVariable),
    probe: probeSeenBy(ctx, row?.probe ?? null),
    disabled: row?.disabledAt
      ? { at: iso(row.disabledAt), by: row.disabledBy ?? "unknown", reason: row.disabledReason }
      : null,
    tasks: { running: tasks(["dispatched", "running"]), waiting: tasks(["pending"]) },
    otherTurns: turns.find(({ backendProfile }) => backendProfile === profile)?.turns ?? 0,
  };
}
