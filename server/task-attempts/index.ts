export { endTaskAttempt } from "./end-attempt";
export { closeAttempt, giveBackAttempt } from "./give-back";
export { markTaskRunning } from "./mark-running";
export { dueAt, isHeld } from "./never";
export { refuseTask } from "./refuse";
