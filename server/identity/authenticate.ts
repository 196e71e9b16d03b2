import { sql } from "drizzle-orm";
import { isTerminal } from "@/contract/run";
import type { Db } from "@/db/client";
import type { Actor } from "@/server/context";
import { hashToken, isSameSecret, isTokenShaped } from "./token";

/** How long after the end of its run or epoch a runner's token is still accepted by heartbeat and finish. */
export const ENDED_TOKEN_GRACE_MS = 10 * 60_000;
/** How long a look-up is cached. A runner's writes are checked by epoch in the write itself. */
const CACHE_MS = 1_000;
const CACHE_MAX = 10_000;

type CachedActor = { actor: Actor | null; until: number };

export type Authenticator = {
  /** Returns whom a token stands for; null: nobody. */
  actorOf(token: string): Promise<Actor | null>;
  /** Returns those of the given token ids that have ended. One statement for all open streams at once. */
  endedTokens(tokenIds: string[]): Promise<Set<string>>;
  /** Clears the cache, after a token was revoked by this process. */
  forget(): void;
};

/** Identifies callers. Look-ups are cached for a second, so that a busy runner does not need one for every request. */
export function createAuthenticator(db: Db, adminToken: string | null): Authenticator {
  const cache = new Map<string, CachedActor>();
  const pendingLookups = new Map<string, Promise<Actor | null>>();

  async function findCached(hash: string): Promise<Actor | null> {
    const cached = cache.get(hash);
    if (cached && cached.until > performance.now()) return cached.actor;
    const pending = pendingLookups.get(hash);
    if (pending) return pending;
    const lookup = lookUpToken(db, hash).finally(() => pendingLookups.delete(hash));
    pendingLookups.set(hash, lookup);
    const actor = await lookup;
    // Only hits are cached: strangers must not fill the memory.
    if (actor) {
      if (cache.size >= CACHE_MAX) cache.clear();
      cache.set(hash, { actor, until: performance.now() + CACHE_MS });
    } else {
      cache.delete(hash);
    }
    return actor;
  }

  return {
    actorOf(token) {
      if (adminToken !== null && isSameSecret(token, adminToken)) return Promise.resolve(ADMINISTRATOR);
      return isTokenShaped(token) ? findCached(hashToken(token)) : Promise.resolve(null);
    },
    async endedTokens(tokenIds) {
      if (tokenIds.length === 0) return new Set();
      const { rows: alive } = await db.execute<{ id: string }>(
        sql`select token.id from agentrun_tokens token left join agentrun_runs run on run.id = token.run_id
          where token.id in ${tokenIds} and token.revoked_at is null
            and (token.expires_at is null or token.expires_at > clock_timestamp())
            and (run.id is null or (run.lease_epoch = token.lease_epoch and run.terminal_status is null))`,
      );
      const ended = new Set(tokenIds);
      for (const { id } of alive) ended.delete(id);
      return ended;
    },
    forget: () => cache.clear(),
  };
}

const ADMINISTRATOR: Actor = { kind: "operator", name: "admin", role: "admin", tenantId: null, tokenId: null };

type TokenLookup = {
  id: string;
  kind: string;
  name: string | null;
  role: "viewer" | "operator" | "admin" | null;
  tenant_id: string | null;
  scopes: string[] | null;
  expires_ms: number | null;
  is_use_noted: boolean;
  run_id: string | null;
  attempt_id: string | null;
  lease_epoch: number | null;
  revoked_for_ms: number | null;
  run_epoch: number | null;
  run_status: string | null;
  run_quiet_ms: number | null;
  archived_session_id: string | null;
};

async function lookUpToken(db: Db, hash: string): Promise<Actor | null> {
  const { rows } = await db.execute<TokenLookup>(
    sql`select token.id, token.kind, token.name, token.role, token.tenant_id, token.scopes, token.run_id,
        extract(epoch from token.expires_at)::float8 * 1000 as expires_ms,
        coalesce(token.used_at > clock_timestamp() - interval '1 minute', false) as is_use_noted,
        token.attempt_id, token.lease_epoch,
        extract(epoch from clock_timestamp() - token.revoked_at)::float8 * 1000 as revoked_for_ms,
        run.lease_epoch as run_epoch, run.status as run_status,
        extract(epoch from clock_timestamp() - run.updated_at)::float8 * 1000 as run_quiet_ms,
        archiving.session_id as archived_session_id
      from agentrun_tokens token left join agentrun_runs run on run.id = token.run_id
      left join agentrun_archive_orders archiving on token.kind = 'archiver' and archiving.attempt_id = token.attempt_id
        and archiving.state in ('launching', 'running')
      where token.hash = ${hash} and (token.expires_at is null or token.expires_at > clock_timestamp())`,
  );
  const [token] = rows;
  const actor = token ? actorFrom(token) : null;
  if (token && actor?.kind === "operator" && !token.is_use_noted) await noteUse(db, token.id);
  return actor;
}

/** Notes a token's last use, to the minute, so that somebody who revokes a token can see whether it is still used. */
async function noteUse(db: Db, tokenId: string): Promise<void> {
  await db.execute(sql`update agentrun_tokens set used_at = clock_timestamp() where id = ${tokenId}`);
}

function actorFrom(token: TokenLookup): Actor | null {
  const { kind, tenant_id: tenantId, run_id: runId, attempt_id: attemptId } = token;
  const isRevoked = token.revoked_for_ms !== null;
  if (kind === "operator" || kind === "api") {
    if (isRevoked || token.role === null) return null;
    const { role, scopes } = token;
    const expiresAt = token.expires_ms === null ? null : new Date(token.expires_ms);
    return { kind: "operator", name: token.name ?? "operator", role, tenantId, tokenId: token.id, scopes, expiresAt };
  }
  if (kind === "archiver") {
    const sessionId = token.archived_session_id;
    if (isRevoked || sessionId === null || attemptId === null || tenantId === null) return null;
    return { kind, name: attemptId, sessionId, tenantId, tokenId: token.id };
  }
  if (runId === null || tenantId === null || token.run_status === null) return null;
  if (kind === "launch") {
    if (isRevoked || attemptId === null) return null;
    return { kind, name: attemptId, runId, attemptId, tenantId, tokenId: token.id };
  }
  if (kind !== "runner" || token.lease_epoch === null) return null;
  const isEnded = isRevoked || isTerminal(token.run_status) || token.run_epoch !== token.lease_epoch;
  // A run's row is written when the run ends and when its epoch rises, so the row's age bounds how long ago that was.
  if (isEnded && (token.revoked_for_ms ?? token.run_quiet_ms ?? 0) > ENDED_TOKEN_GRACE_MS) return null;
  return {
    kind,
    name: runId,
    runId,
    leaseEpoch: token.lease_epoch,
    tenantId,
    tokenId: token.id,
    ...(isEnded ? { isEnded } : {}),
  };
}
