export { dispatchPass, dispatchTasks } from "./dispatch";
export { expireWaiting, isExpired } from "./expire";
export { type Block, LimitLedger } from "./limit-ledger";
export { type Capacity, readBusy, readLimits } from "./limits";
export { settleDependencies } from "./settle-dependencies";
export { predictRefusal, simulateDispatch } from "./simulate";
