export { type Loop, type LoopOptions, startLoop } from "./loop";
export { startLoops } from "./start-loops";
