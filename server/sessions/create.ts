import type { CreateSessionInput, SessionSummary } from "@/contract/session";
import { lockSession } from "@/db/queries/lock";
import type { SessionRow } from "@/db/schema";
import { audit } from "@/server/audit";
import { requireProfile } from "@/server/backends";
import { inTx, ownerOf, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { contentOf, isSameContent, rowOf } from "./content";
import { ensureVolume } from "./ensure-volume";
import { insertSession } from "./insert";
import { absence } from "./resolve";
import { toSummary } from "./session";

/** Creates a session and its volume in one call. The same id with the same content answers the same session. */
export async function createSession(ctx: ServiceContext, input: CreateSessionInput): Promise<SessionSummary> {
  const session = await inTx(ctx, (ctx) => createRow(ctx, input));
  return toSummary(await ensureVolume(ctx, session), null);
}

async function createRow(ctx: TxContext, input: CreateSessionInput): Promise<SessionRow> {
  const owner = ownerOf(ctx, input);
  await requireProfile(ctx, input.backendProfile);
  const content = contentOf(input, owner);
  const sessionId = input.sessionId ?? newId("session");
  const made = await insertSession(ctx, { sessionId, ...rowOf(content) });
  if (made) {
    await audit(ctx, {
      action: "sessions.create",
      targetKind: "session",
      targetId: sessionId,
      tenantId: owner.tenantId,
    });
    return made;
  }
  const known = await lockSession(ctx.db, sessionId, tenantOf(ctx));
  if (!known) throw await absence(ctx, sessionId);
  if (!isSameContent(known, content)) {
    throw new ConflictError(
      "idempotency-conflict",
      `session ${sessionId} exists with other content: use another id, or send the same content`,
    );
  }
  return known;
}
