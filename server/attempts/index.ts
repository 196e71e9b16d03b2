export { type AttemptEnd, endAttempt } from "./end";
export { type LauncherDeps, launchPending } from "./launch";
export { LeaseSweeper, type SweeperDeps } from "./sweep";
