export { dispatchTasks } from "./dispatch";
export { expireWaiting } from "./expire";
export { type Capacity, readBusy, readFacts } from "./facts";
export { type Block, Room } from "./room";
