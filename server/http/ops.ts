import type { GcReport } from "@/contract/storage";
import { AgentRunError, ForbiddenError, UnauthenticatedError } from "@/server/errors";
import { readHealth } from "@/server/health";
import { isSameSecret, readBearer } from "@/server/identity";
import { refreshMetrics } from "@/server/metrics";
import { collectGarbage } from "@/server/storage";
import { admit } from "@/server/trpc/init";
import type { Wiring } from "@/server/wiring";
import { contextOf } from "./caller";
import { type Exchange, sendError, sendJson } from "./exchange";

function assertReadMethod(method: string): void {
  if (method !== "GET" && method !== "HEAD") {
    throw new AgentRunError("schema-invalid", "method-not-allowed", "this route takes GET", {
      details: { allow: ["GET"] },
    });
  }
}

/** Reports that the process lives; nothing else is checked. */
export function handleHealthz(exchange: Exchange): void {
  sendJson(exchange.res, 200, { status: "ok" });
}

/** Reports whether requests may be sent here, with the health record. */
export async function handleReadyz({ wiring, res }: Exchange): Promise<void> {
  const health = await readHealth(wiring.health);
  sendJson(res, health.ready ? 200 : 503, health);
}

/**
 * Serves metrics to Prometheus, for tokens bound to no tenant, because metrics count all tenants. Answers what it can
 * when the database is down.
 */
export async function handleMetrics(exchange: Exchange): Promise<void> {
  const { wiring, res, method } = exchange;
  try {
    assertReadMethod(method);
    const ctx = await contextOf(wiring, exchange);
    const { actor } = admit("viewer", { ctx, path: "metrics", type: "query" });
    if (actor.tenantId !== null)
      throw new ForbiddenError(`metrics count every tenant, and this token is bound to tenant ${actor.tenantId}`);
    const text = await readMetrics(wiring);
    res.writeHead(200, { "content-type": wiring.metrics.registry.contentType, "cache-control": "no-store" }).end(text);
  } catch (error) {
    sendError(exchange, error);
  }
}

export async function readMetrics(wiring: Wiring): Promise<string> {
  const { metrics, live, database } = wiring;
  const { pool } = database;
  metrics.streams.set(live.streams.count);
  metrics.poolConnections.set({ state: "idle" }, pool.idleCount);
  metrics.poolConnections.set({ state: "used" }, pool.totalCount - pool.idleCount);
  metrics.poolConnections.set({ state: "waited-for" }, pool.waitingCount);
  const health = await readHealth(wiring.health);
  metrics.databaseUp.set(health.reachable && health.migrationReady ? 1 : 0);
  if (health.reachable && health.migrationReady) {
    const ctx = wiring.serviceFor({ kind: "system", name: "metrics", tenantId: null }, "metrics");
    await refreshMetrics(metrics, ctx);
  }
  return metrics.registry.metrics();
}

/**
 * Collects volumes. The only GET that changes something, because schedulers send GETs; only its own secret is accepted.
 */
export async function handleCronGc(exchange: Exchange): Promise<void> {
  try {
    // HEAD is refused: a caller that asks for headers alone does not expect volumes to be removed.
    assertReadMethod(exchange.method === "HEAD" ? "none" : exchange.method);
    sendJson(
      exchange.res,
      200,
      await runCronGc(exchange.wiring, exchange.headers.get("authorization"), exchange.requestId),
    );
  } catch (error) {
    sendError(exchange, error);
  }
}

export async function runCronGc(wiring: Wiring, authorization: string | null, requestId: string): Promise<GcReport> {
  const secret = wiring.env.AGENTRUN_CRON_SECRET;
  const token = readBearer(authorization);
  if (secret === undefined || token === null || !isSameSecret(token, secret)) {
    throw new UnauthenticatedError("send Authorization: Bearer with the value of AGENTRUN_CRON_SECRET");
  }
  const ctx = wiring.serviceFor({ kind: "system", name: "cron", tenantId: null }, requestId);
  return collectGarbage(ctx, { dryRun: false, limit: 50 });
}
