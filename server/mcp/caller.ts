import type { TrpcContext } from "@/server/trpc/init";
import { appRouter } from "@/server/trpc/root";

/** The procedures, typed, as a caller may call them. What is under way ends with the signal. */
export function callerOf(ctx: TrpcContext, signal: AbortSignal): ReturnType<typeof appRouter.createCaller> {
  return appRouter.createCaller(ctx, { signal });
}
export type Api = ReturnType<typeof callerOf>;
