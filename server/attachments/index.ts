export { createAttachment, storeAttachment } from "./create";
export { nameAttachments } from "./name";
export { getAttachment, listAttachments, readAttachment } from "./read";
export { removeOfSession, removeUnnamed } from "./remove";
