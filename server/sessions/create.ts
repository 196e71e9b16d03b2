import type { CreateSessionInput, SessionSummary } from "@/contract/session";
import { lockSession } from "@/db/queries/lock";
import type { SessionRow } from "@/db/schema";
import { audit } from "@/server/audit";
import { requireProfile } from "@/server/backends";
import { inTx, ownerOf, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { ensureVolume } from "./ensure-volume";
import { insertSession } from "./insert";
import { toSummary } from "./session";

/** Creates a session and its volume in one call. The same id with the same content answers the same session. */
export async function createSession(ctx: ServiceContext, input: CreateSessionInput): Promise<SessionSummary> {
  const session = await inTx(ctx, (ctx) => createRow(ctx, input));
  return toSummary(await ensureVolume(ctx, session), null);
}

async function createRow(ctx: TxContext, input: CreateSessionInput): Promise<SessionRow> {
  const owner = ownerOf(ctx, input);
  await requireProfile(ctx, input.backendProfile);
  const storage = input.storage ?? { kind: "pvc" as const };
  const hash = payloadHash({ ...input, ...owner, storage });
  const sessionId = input.sessionId ?? newId("session");
  const made = await insertSession(ctx, {
    sessionId,
    ...owner,
    backendProfile: input.backendProfile,
    title: input.title ?? null,
    conversationId: input.conversationId ?? null,
    threadId: input.threadId ?? null,
    metadata: input.metadata ?? {},
    expiresAt: input.expiresAt ? new Date(input.expiresAt) : null,
    storageState: storage.kind === "pvc" ? "creating" : "none",
    storageRequestedBytes: storage.sizeBytes ?? null,
    payloadHash: hash,
    ...(input.codexRolloutSubdir === undefined ? {} : { codexRolloutSubdir: input.codexRolloutSubdir }),
  });
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
  if (!known) throw new NotFoundError("session", sessionId);
  if (known.payloadHash !== hash) {
    throw new ConflictError(
      "idempotency-conflict",
      `session ${sessionId} exists with other content: use another id, or send the same content`,
    );
  }
  return known;
}
