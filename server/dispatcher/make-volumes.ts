import { within } from "@/contract/async";
import type { ServiceContext } from "@/server/context";
import { ensureVolumes, type VolumelessSession } from "@/server/sessions";

/** How long a pass waits for the volume provider: one that hangs must not hold up tasks that need no volume from it. */
const WAIT_MS = 1_000;

/**
 * Makes the volumes of new sessions after their commit. The repair sweep makes those that fail here, and the launcher
 * waits for them.
 */
export async function makeVolumes(ctx: ServiceContext, made: VolumelessSession[]): Promise<void> {
  if (made.length === 0) return;
  const making = ensureVolumes(ctx, made, (error, sessionId) => {
    ctx.log.warn({ err: error, sessionId }, "a volume was not made: it is tried again");
  });
  await within(
    WAIT_MS,
    making.then(() => ctx.wake("runs")),
  );
}
