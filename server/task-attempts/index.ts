export { endTaskAttempt } from "./end-attempt";
export { judgeFailure, retryPolicyOf } from "./judge";
export { markTaskRunning } from "./mark-running";
export { dueAt, NEVER } from "./never";
export { refuseTask } from "./refuse";
