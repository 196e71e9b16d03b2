export { InspectionResponder } from "./answer";
export { readRunJob } from "./job";
export { readRunLog } from "./log";
export { storeRemains } from "./remains";
