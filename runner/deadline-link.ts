import { TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { DeadlineError } from "@/contract/deadline";
import type { AppRouter } from "@/server/trpc/types";

/** Abandons every call of a client that has no answer after `deadlineMs`, and aborts its request. */
export function deadlineLink(deadlineMs: number): TRPCLink<AppRouter> {
  return () =>
    ({ next, op }) =>
      observable((observer) => {
        const giveUp = () => observer.error(TRPCClientError.from(new DeadlineError(op.path, deadlineMs)));
        const timer = setTimeout(giveUp, deadlineMs);
        const call = next(op).subscribe(observer);
        return () => {
          clearTimeout(timer);
          call.unsubscribe();
        };
      });
}
