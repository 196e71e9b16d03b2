export { clearLimit, downUntilOf, noteLimit, type ProviderLimit } from "./limits";
export { listBackends } from "./list";
export { readBackendsFile } from "./read-file";
export { isConfigured, readStoredProfiles, requireProfile, unknownProfile } from "./require-profile";
export { setBackend } from "./set";
