import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { ensureVolume } from "@/server/sessions";
import { within } from "@/server/within";

/** How long a pass waits for the provider: one that hangs must not hold up tasks that need none of it. */
const WAIT_MS = 1_000;

/** The provider is asked after the commit. What fails here is made by the repair sweep; the launcher waits for it. */
export async function makeVolumes(ctx: ServiceContext, made: SessionRow[]): Promise<void> {
  if (made.length === 0) return;
  const making = Promise.all(made.map((session) => makeVolume(ctx, session))).then(() => ctx.wake("runs"));
  await within(WAIT_MS, making);
}

async function makeVolume(ctx: ServiceContext, session: SessionRow): Promise<void> {
  try {
    await ensureVolume(ctx, session);
  } catch (error) {
    ctx.log.warn({ err: error, sessionId: session.sessionId }, "a volume was not made: it is tried again");
  }
}
