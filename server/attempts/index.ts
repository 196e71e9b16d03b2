export { type AttemptEnd, endAttempt } from "./end";
export { readInstallationId } from "./installation";
export { endKilled } from "./kill";
export { launchPending } from "./launch";
export { reconcileAttempts } from "./reconcile";
export { LeaseSweeper } from "./sweep";
export { isWebReady, WebContact } from "./web-contact";
