import type pg from "pg";
import { toDb } from "@/db/client";
import type { ServiceContext } from "@/server/context";
import type { Cluster } from "@/server/kubernetes";
import type { Volumes } from "@/server/volumes/volumes";

/** Where a process reaches beyond itself: the commit of a transaction, a write outside one, or a call of a seam. */
export type Crossing =
  | "commit"
  | "write"
  | "createClaim"
  | "deleteClaim"
  | "find"
  | "remove"
  | "isEmpty"
  | "put"
  | "copy"
  | "removeAll";
export type Signal = `${"before" | "after"} ${Crossing}`;
/** Called at each crossing. If it never resolves, the process stops there. */
export type OnCrossing = (signal: Signal) => Promise<void>;

const WRITE = /^\s*(insert|update|delete)\b/i;

/** Makes a context that reports each crossing. Product code knows nothing of it: only the seams are wrapped. */
export function traceContext(ctx: ServiceContext, volumes: Volumes, onCrossing: OnCrossing): ServiceContext {
  const pool = tracePool(ctx.pool, onCrossing);
  return {
    ...ctx,
    pool,
    db: toDb(pool),
    volumes: wrap(volumes, ["find", "remove", "isEmpty"], onCrossing),
    archive: wrap(ctx.archive, ["put", "copy", "removeAll"], onCrossing),
  };
}

export function traceCluster(cluster: Cluster, onCrossing: OnCrossing): Cluster {
  return wrap(cluster, ["createClaim", "deleteClaim"], onCrossing);
}

function wrap<Seam extends object>(seam: Seam, calls: (keyof Seam & Crossing)[], onCrossing: OnCrossing): Seam {
  return new Proxy(seam, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      const crossing = calls.find((call) => call === key);
      if (!crossing) return value.bind(target);
      return async (...args: unknown[]) => {
        await onCrossing(`before ${crossing}`);
        const answer = await Reflect.apply(value, target, args);
        await onCrossing(`after ${crossing}`);
        return answer;
      };
    },
  });
}

function tracePool(pool: pg.Pool, onCrossing: OnCrossing): pg.Pool {
  return withQuery(pool, (text) => (WRITE.test(text) ? "write" : null), onCrossing, {
    connect: async () =>
      withQuery(await pool.connect(), (text) => (text === "COMMIT" ? "commit" : null), onCrossing, {}),
  });
}

function withQuery<Queried extends pg.Pool | pg.PoolClient>(
  queried: Queried,
  crossingOf: (text: string) => Crossing | null,
  onCrossing: OnCrossing,
  others: Record<string, unknown>,
): Queried {
  async function query(...args: [string | { text: string }, ...unknown[]]): Promise<unknown> {
    const crossing = crossingOf(typeof args[0] === "string" ? args[0] : args[0].text);
    if (crossing) await onCrossing(`before ${crossing}`);
    const answer = await Reflect.apply(queried.query, queried, args);
    if (crossing) await onCrossing(`after ${crossing}`);
    return answer;
  }
  return new Proxy(queried, {
    get(target, key) {
      if (key === "query") return query;
      if (typeof key === "string" && Object.hasOwn(others, key)) return others[key];
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
