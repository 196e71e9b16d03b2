import { loopsOf } from "@/contract/loops";
import type { ServiceContext } from "@/server/context";
import { noteLoops } from "@/server/health";

/** Records a recent pass of all loops of a worker and of web; `change` overrides some of them. */
export function noteWorker(ctx: ServiceContext, change: Record<string, object> = {}): Promise<void> {
  return noteLoops(
    ctx,
    loopsOf(ctx.settings.executor, ctx.volumes.provider).map((name) => ({
      ...{ name, holder: "machine (1)", version: "1.0.0", intervalMs: 1_000, tookMs: 3 },
      ...{ failures: 0, failure: null, passedAgoMs: 10, beganAgoMs: null },
      ...change[name],
    })),
  );
}
