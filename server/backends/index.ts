export { listBackends } from "./list";
export { requireProfile } from "./require-profile";
