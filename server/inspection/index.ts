export { AskAnswerer } from "./answer";
export { readRunJob } from "./job";
export { readRunLog } from "./log";
export { keepRemains } from "./remains";
