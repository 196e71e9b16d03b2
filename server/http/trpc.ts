import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { REASON_STATUS } from "@/contract/errors";
import { errorBody, toAgentRunError } from "@/server/errors";
import { appRouter } from "@/server/trpc/root";
import { contextOf } from "./caller";
import { assertJsonType, bodyTooLarge, type Exchange, sendJson } from "./exchange";
import { BODY_MAX_BYTES, MANIFEST_BODY_MAX_BYTES } from "./limits";

export const TRPC_PATH = "/api/trpc/";
export const BATCH_MAX = 10;

/** The typed procedures, on tRPC's own adapter for Node: several times what a route handler of Next answers. */
export async function handleTrpc(exchange: Exchange): Promise<void> {
  const { wiring, req, res, method, headers, requestId } = exchange;
  const path = exchange.path.slice(TRPC_PATH.length);
  const maxBodySize = path === "archive.commit" ? MANIFEST_BODY_MAX_BYTES : BODY_MAX_BYTES;
  try {
    if (method === "POST") assertJsonType(headers);
    if (Number(headers.get("content-length") ?? 0) > maxBodySize) throw bodyTooLarge(maxBodySize);
  } catch (error) {
    const fault = toAgentRunError(error);
    const httpStatus = REASON_STATUS[fault.reason];
    const data = { code: "BAD_REQUEST", httpStatus, path, agentrun: errorBody(fault, requestId) };
    sendJson(res, httpStatus, { error: { message: fault.message, code: -32_600, data } }, { connection: "close" });
    return;
  }
  res.setHeader("cache-control", "no-store");
  await nodeHTTPRequestHandler({
    req,
    res,
    path,
    router: appRouter,
    maxBodySize,
    maxBatchSize: BATCH_MAX,
    createContext: () => contextOf(wiring, { method, headers, requestId }),
  });
}
