export { type CallRequest, contextOf } from "./caller";
export { requestIdFrom } from "./exchange";
export {
  serveAuth,
  serveCronGc,
  serveLive,
  serveMcp,
  serveModel,
  serveOpenApi,
  serveRest,
  serveSegment,
  serveSso,
  serveTrpc,
} from "./route-handlers";
export { createWebServer, type Pages } from "./server";
