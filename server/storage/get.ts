import type { StorageState } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { requireSession } from "@/server/sessions";
import { judgeOne } from "./collect-one";
import { NO_FACTS, readFacts } from "./facts";
import { isCandidate, previewRetention } from "./preview-retention";
import { toStorageSummary } from "./summary";

/** Returns a volume's summary, with the phase that its provider reports now and the judgement of a collection. */
export async function getStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  const session = await requireSession(ctx, input.sessionId);
  const facts = (await readFacts(ctx, [session])).get(session.sessionId) ?? NO_FACTS;
  const foreseen = previewRetention(ctx, session, facts);
  const keeper = !isCandidate(session, facts)
    ? foreseen
    : await askProvider(ctx, session, foreseen, async () => {
        const { outcome, reason } = await judgeOne(ctx, session);
        return outcome === "kept" ? reason : null;
      });
  return toStorageSummary(ctx, { ...session, storagePvcPhase: await readPhase(ctx, session) }, { ...facts, keeper });
}

async function readPhase(ctx: ServiceContext, session: SessionRow): Promise<string | null> {
  const { storagePvcName: name, storagePvcPhase: known } = session;
  if (name === null || !HAS_VOLUME.has(session.storageState)) return known;
  return askProvider(ctx, session, known, async () => (await ctx.volumes.find(name))?.phase ?? "Lost");
}

/** Asks the provider; if it does not answer, returns what is known already. */
async function askProvider<T>(ctx: ServiceContext, session: SessionRow, known: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    ctx.log.warn({ err: error, sessionId: session.sessionId }, "a volume's provider did not answer");
    return known;
  }
}

const HAS_VOLUME: ReadonlySet<StorageState> = new Set(["live", "archiving", "deleting", "restoring"]);
