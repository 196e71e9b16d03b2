import type { CreateSessionInput, SessionSummary } from "@/contract/session";
import { lockSession } from "@/db/queries/lock";
import type { SessionRow } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { requireProfile } from "@/server/backends";
import { inTx, ownerOf, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { contentOf, isSameContent, rowOf, type SessionContent } from "./content";
import { ensureVolume } from "./ensure-volume";
import { insertSession } from "./insert";
import { missingSessionError } from "./resolve";
import { toSummary } from "./session";

/** Creates a session and its volume in one call. The same id with the same content returns the same session. */
export async function createSession(ctx: ServiceContext, input: CreateSessionInput): Promise<SessionSummary> {
  const session = await inTx(ctx, (ctx) => createRow(ctx, input));
  return toSummary(await ensureVolume(ctx, session), null);
}

async function createRow(ctx: TxContext, input: CreateSessionInput): Promise<SessionRow> {
  const owner = ownerOf(ctx, input);
  const content = contentOf(input, owner);
  const sessionId = input.sessionId ?? newId("session");
  // The id is checked before the profile, which may have been removed since the session was made.
  const existing = input.sessionId === undefined ? null : await lockSession(ctx.db, sessionId, tenantOf(ctx));
  if (existing) return replay(existing, content);
  await requireProfile(ctx, input.backendProfile);
  const created = await insertSession(ctx, { sessionId, ...rowOf(content) });
  if (created) {
    await auditSession(ctx, created, "sessions.create");
    return created;
  }
  const winner = await lockSession(ctx.db, sessionId, tenantOf(ctx));
  if (!winner) throw await missingSessionError(ctx, sessionId);
  return replay(winner, content);
}

function replay(existing: SessionRow, content: SessionContent): SessionRow {
  if (isSameContent(existing, content)) return existing;
  throw new ConflictError(
    "idempotency-conflict",
    `session ${existing.sessionId} exists with other content: use another id, or send the same content`,
  );
}
