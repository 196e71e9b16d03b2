import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import { isMutation } from "@/server/rest";
import type { TrpcContext } from "@/server/trpc/init";
import { appRouter } from "@/server/trpc/root";
import { limitedContextOf } from "./caller";
import { type Exchange, readJsonText, sendJson } from "./exchange";

/** Whether a request is one mutation as plain JSON, which is most of what runners and programs send. */
export function isSingleMutation({ method, query, headers }: Exchange, path: string): boolean {
  if (method !== "POST" || query.size > 0 || headers.get("trpc-accept") !== null) return false;
  return isMutation(path);
}

/**
 * Calls one mutation and answers in tRPC's envelope. tRPC's own adapter builds a fetch Request and Response with
 * streams for each call, which took as long as everything else in an append. Requests of any other form are left to the
 * adapter.
 */
export async function callMutation(exchange: Exchange, path: string, bodyMaxBytes: number): Promise<void> {
  const { req, res, headers } = exchange;
  const ctx = await trpcContextOf(exchange);
  const disconnect = new AbortController();
  res.once("close", () => disconnect.abort());
  let input: unknown;
  let isRead = false;
  try {
    const data = await callTRPCProcedure({
      router: appRouter,
      path,
      type: "mutation",
      ctx,
      signal: disconnect.signal,
      batchIndex: 0,
      async getRawInput() {
        if (!isRead) input = parseJson(await readJsonText(req, headers, bodyMaxBytes));
        isRead = true;
        return input;
      },
    });
    sendJson(res, 200, { result: { data } });
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause);
    const shape = getTRPCErrorShape({ config: appRouter._def._config, ctx, error, input, path, type: "mutation" });
    // Unread bytes of a refused body would be taken for the next request.
    const errorHeaders: Record<string, string> = req.complete ? {} : { connection: "close" };
    sendJson(res, getHTTPStatusCode({ error: shape }), { error: shape }, errorHeaders);
  }
}

/**
 * Returns a procedure's context; sets the retry-after header here, because tRPC's envelope leaves headers to the
 * transport.
 */
export async function trpcContextOf(exchange: Exchange): Promise<TrpcContext> {
  const ctx = await limitedContextOf(exchange.wiring, exchange);
  const { retryAfterSeconds } = ctx.fault?.details ?? {};
  if (typeof retryAfterSeconds === "number") exchange.res.setHeader("retry-after", String(retryAfterSeconds));
  return ctx;
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TRPCError({ code: "PARSE_ERROR", cause });
  }
}
