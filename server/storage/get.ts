import type { StorageState } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { requireSession } from "@/server/sessions";
import { toStorageSummary } from "./summary";

/** The summary as it stands, with the volume's phase as its provider sees it now. */
export async function getStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  const session = await requireSession(ctx, input.sessionId);
  return toStorageSummary({ ...session, storagePvcPhase: await readPhase(ctx, session) });
}

/** A provider that does not answer must not keep what is known from who asks. */
async function readPhase(ctx: ServiceContext, session: SessionRow): Promise<string | null> {
  const { storagePvcName: name, storagePvcPhase: known } = session;
  if (name === null || !HAS_VOLUME.has(session.storageState)) return known;
  try {
    return (await ctx.volumes.find(name))?.phase ?? "Lost";
  } catch (error) {
    ctx.log.warn({ err: error, sessionId: session.sessionId }, "a volume's phase could not be read");
    return known;
  }
}

const HAS_VOLUME: ReadonlySet<StorageState> = new Set(["live", "archiving", "deleting", "restoring", "failed"]);
