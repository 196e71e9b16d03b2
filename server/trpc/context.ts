import { type CallRequest, contextOf, requestIdFrom } from "@/server/http";
import { getWiring } from "@/server/wiring";
import type { TrpcContext } from "./init";

type Headers = CallRequest["headers"];

/** The context of a page's own calls: reading, by whoever asked for the page. */
export function createPageContext(headers: Headers): Promise<TrpcContext> {
  return contextOf(getWiring(), { method: "GET", headers, requestId: requestIdFrom(headers.get("x-request-id")) });
}
