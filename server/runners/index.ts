export { runnerHistory, runnerStats } from "./figures";
export { launchRunnerJob } from "./launch-job";
export { noteRunnerMinute } from "./minutes";
export { drainRunner, killRunner, resumeRunner, revokeRunner } from "./orders";
export { countRunnersListed, getRunner, listRunners, matchesRunners, toRunner } from "./read";
export { registerRunner } from "./runner";
export { getRunnerJob, launchWaitOf, listRunnerJobs } from "./runner-job";
export { assertAcceptsRuns, assertOwnRunner, upsertRunner } from "./upsert";
