export { describeError, failureOf } from "./failure";
export { grantFor } from "./grant";
export { type Pending, type Person, SsoProvider } from "./provider";
export { readSsoFile } from "./read-file";
