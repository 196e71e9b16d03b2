export { type ExpiredArchives, expireArchives } from "./expire-archives";
export { type PurgeReport, purgeDeleted } from "./purge-deleted";
export { retireExpired } from "./retire-expired";
