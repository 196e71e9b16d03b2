import { callTRPCProcedure, TRPCError } from "@trpc/server";
import { type AgentRunError, InvalidInputError, toAgentRunError } from "@/server/errors";
import { faultOf, type TrpcContext } from "@/server/trpc/init";
import { appRouter } from "@/server/trpc/root";
import { inputOf, procedureNamed } from "./procedures";

/**
 * Calls a procedure by its name, as the context's caller. Throws when it is refused; `faultFrom` reads what was thrown.
 */
export function callProcedure(
  name: string,
  input: Record<string, unknown>,
  { ctx, signal }: { ctx: TrpcContext; signal: AbortSignal | undefined },
): Promise<unknown> {
  const [unknown] = inputOf(name) === null ? Object.keys(input) : [];
  if (unknown !== undefined) throw new InvalidInputError(`${unknown}: is no input of this route`);
  return callTRPCProcedure({
    router: appRouter,
    path: name,
    getRawInput: () => Promise.resolve(input),
    ctx,
    type: procedureNamed(name)._def.type,
    signal,
    batchIndex: 0,
  });
}

/** Turns what a procedure, or a check before it, has thrown into an error of ours. */
export function faultFrom(error: unknown): AgentRunError {
  return error instanceof TRPCError ? faultOf(error) : toAgentRunError(error);
}
