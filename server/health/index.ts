export { noteLoops, PASS_MAX_MS, readLoopStates, readStoppedLoops } from "./loops";
export { type HealthSource, readHealth } from "./read-health";
export { serverFacts } from "./server-facts";
export { serverStatus } from "./status";
