export { startHeartbeat } from "./heartbeat";
export { startLoops } from "./start-loops";
export { startProbes } from "./start-probes";
