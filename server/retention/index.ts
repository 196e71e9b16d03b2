export { type ExpiredArchives, expireArchives } from "./expire-archives";
export { type PurgeReport, type PurgeWalk, purgeDeleted } from "./purge-deleted";
export { retireExpired } from "./retire-expired";
