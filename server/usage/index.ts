export { type CallEnd, type CallOwner, CallRecorder, type OpenCall } from "./call-recorder";
export { latencyOfProfile } from "./latency";
export { listCalls } from "./list-calls";
export { pricesOf } from "./price";
export { summarizeUsage } from "./summary";
export { spentOf } from "./totals";
export { usageOfRun, usageOfSession, usageOfTask } from "./usage-of";
export { verifyUsage } from "./verify";
