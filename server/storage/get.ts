import type { StorageState } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { requireSession } from "@/server/sessions";
import { previewOne } from "./collect-one";
import { NO_FACTS, readFacts } from "./facts";
import { isCandidate, previewRetention } from "./preview-retention";
import { toStorageSummary } from "./summary";

/** Returns a volume's summary, with the phase that its provider reports now and the judgement of a collection. */
export async function getStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  const session = await requireSession(ctx, input.sessionId);
  const facts = (await readFacts(ctx, [session])).get(session.sessionId) ?? NO_FACTS;
  const predicted = previewRetention(ctx, session, facts);
  const keeper = !isCandidate(session, facts)
    ? predicted
    : await withProviderFallback(ctx, session, predicted, async () => {
        const { outcome, reason } = await previewOne(ctx, session);
        return outcome === "kept" ? reason : null;
      });
  return toStorageSummary(ctx, { ...session, storagePvcPhase: await readPhase(ctx, session) }, { ...facts, keeper });
}

async function readPhase(ctx: ServiceContext, session: SessionRow): Promise<string | null> {
  const { storagePvcName: name, storagePvcPhase: storedPhase } = session;
  if (name === null || !HAS_VOLUME.has(session.storageState)) return storedPhase;
  return withProviderFallback(ctx, session, storedPhase, async () => (await ctx.volumes.find(name))?.phase ?? "Lost");
}

/** Asks the provider; if it does not answer, returns what is known already. */
async function withProviderFallback<T>(
  ctx: ServiceContext,
  session: SessionRow,
  fallback: T,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    ctx.log.warn({ err: error, sessionId: session.sessionId }, "volume provider did not answer");
    return fallback;
  }
}

const HAS_VOLUME: ReadonlySet<StorageState> = new Set(["live", "archiving", "deleting", "restoring"]);
