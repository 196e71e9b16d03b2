import {
  BACKEND_CAPABILITIES,
  type Backend,
  BUILT_IN_PROFILES,
  DEMO_PROFILE,
  type ListBackendsInput,
} from "@/contract/backend";
import { LIST_LIMIT_MAX, type Page } from "@/contract/page";
import { type BackendRow, backends } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { iso, storedJson } from "@/server/stored";

/** What the scripted model calls itself. */
const DEMO_MODEL = "demo";
/** A profile without a row has been as it is since the program was made. */
const SINCE_EVER = new Date(0);

/** Every profile that a run may name: built in, configured or stored, and the demo where it is on; by name. */
export async function listBackends(ctx: ServiceContext, input?: ListBackendsInput): Promise<Page<Backend>> {
  const { cursor, limit } = input ?? { limit: LIST_LIMIT_MAX };
  const filter = { list: "backends.list" };
  const [after = ""] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  const rows = await ctx.db.select().from(backends);
  const stored = new Map(rows.map((row) => [row.profile, row]));
  const names = new Set([...BUILT_IN_PROFILES, ...Object.keys(ctx.settings.backends), ...stored.keys()]);
  names.delete(DEMO_PROFILE);
  if (ctx.settings.isDemoOn) names.add(DEMO_PROFILE);
  const wanted = [...names].filter((profile) => profile > String(after)).sort();
  const page = pageFrom(wanted.slice(0, limit + 1), limit, (last) => encodeCursor(filter, [last]));
  return {
    items: page.rows.map((profile) => toBackend(ctx, profile, stored.get(profile))),
    cursor: page.cursor,
  };
}

function toBackend(ctx: ServiceContext, profile: string, row: BackendRow | undefined): Backend {
  const isDemo = profile === DEMO_PROFILE;
  const config = Object.hasOwn(ctx.settings.backends, profile) ? ctx.settings.backends[profile] : undefined;
  return {
    profile,
    // The stored row may say more, or other than what is built in: it wins.
    capabilities: { ...BACKEND_CAPABILITIES, ...(row ? storedJson(row.capabilities) : null) },
    capacity: (row ? storedJson(row.capacity) : null) ?? {},
    health: (row ? storedJson(row.health) : null) ?? { status: "unregistered" },
    updatedAt: iso(row?.updatedAt ?? SINCE_EVER),
    isDemo,
    model: isDemo ? DEMO_MODEL : (config?.model ?? null),
    isConfigured: isDemo || config !== undefined,
  };
}
