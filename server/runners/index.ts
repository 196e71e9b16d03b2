export { launchRunnerJob } from "./launch-job";
export { getRunner, listRunners, registerRunner } from "./runner";
export { getRunnerJob, listRunnerJobs } from "./runner-job";
export { assertOwnRunner, upsertRunner } from "./upsert";
