export { dispatchPass, dispatchTasks } from "./dispatch";
export { expireWaiting, isExpired } from "./expire";
export { type Capacity, readBusy, readFacts } from "./facts";
export { foresee, foreseeRefusal } from "./foresee";
export { type Block, Room } from "./room";
export { settleDependencies } from "./settle-dependencies";
