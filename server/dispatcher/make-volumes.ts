import { within } from "@/contract/async";
import type { ServiceContext } from "@/server/context";
import { ensureVolumes, type VolumelessSession } from "@/server/sessions";

/** How long a pass waits for the volume provider: one that hangs must not hold up tasks that need no volume from it. */
const PROVIDER_WAIT_MS = 1_000;

/**
 * Makes the volumes of new sessions after their commit. The repair sweep makes those that fail here, and the launcher
 * waits for them.
 */
export async function makeVolumes(ctx: ServiceContext, sessions: VolumelessSession[]): Promise<void> {
  if (sessions.length === 0) return;
  const creation = ensureVolumes(ctx, sessions, (error, sessionId) => {
    ctx.log.warn({ err: error, sessionId }, "could not create the volume, will retry");
  });
  await within(
    PROVIDER_WAIT_MS,
    creation.then(() => ctx.wake("runs")),
  );
}
