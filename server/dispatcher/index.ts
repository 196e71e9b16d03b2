export { dispatchTasks } from "./dispatch";
export { type Capacity, readBusy, readFacts } from "./facts";
export { type Block, Room } from "./room";
