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
import { absence } from "./resolve";
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
  const known = input.sessionId === undefined ? null : await lockSession(ctx.db, sessionId, tenantOf(ctx));
  if (known) return replay(known, content);
  await requireProfile(ctx, input.backendProfile);
  const made = await insertSession(ctx, { sessionId, ...rowOf(content) });
  if (made) {
    await auditSession(ctx, made, "sessions.create");
    return made;
  }
  const winner = await lockSession(ctx.db, sessionId, tenantOf(ctx));
  if (!winner) throw await absence(ctx, sessionId);
  return replay(winner, content);
}

function replay(known: SessionRow, content: SessionContent): SessionRow {
  if (isSameContent(known, content)) return known;
  throw new ConflictError(
    "idempotency-conflict",
    `session ${known.sessionId} exists with other content: use another id, or send the same content`,
  );
}
