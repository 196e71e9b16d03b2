export { countCall } from "./count-call";
export { createMetrics, type Metrics } from "./metrics";
export { readOrphanJobs } from "./read-orphan-jobs";
export { refreshMetrics } from "./refresh";
