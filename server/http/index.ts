export { type CallRequest, contextOf } from "./caller";
export { requestIdFrom } from "./exchange";
export { createWebServer, type Pages } from "./server";
