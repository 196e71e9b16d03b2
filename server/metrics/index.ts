export { countCall } from "./count-call";
export { createMetrics, type Metrics } from "./metrics";
export { readOpenRuns } from "./read-open-runs";
export { readOrphanJobs } from "./read-orphan-jobs";
export { readQueue } from "./read-queue";
