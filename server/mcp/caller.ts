import type { TrpcContext } from "@/server/trpc/init";
import { appRouter } from "@/server/trpc/root";

/** Returns the typed procedures as a caller may call them. Aborting the signal ends calls under way. */
export function callerOf(ctx: TrpcContext, signal: AbortSignal): ReturnType<typeof appRouter.createCaller> {
  return appRouter.createCaller(ctx, { signal });
}
export type Api = ReturnType<typeof callerOf>;
