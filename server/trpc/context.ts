import { type CallRequest, contextOf, requestIdFrom } from "@/server/http";
import { getWiring } from "@/server/wiring";
import type { TrpcContext } from "./init";

type Headers = CallRequest["headers"];

/** Makes the context for the calls of a page itself: they only read, as the person who asked for the page. */
export function createPageContext(headers: Headers): Promise<TrpcContext> {
  return contextOf(getWiring(), { method: "GET", headers, requestId: requestIdFrom(headers.get("x-request-id")) });
}
