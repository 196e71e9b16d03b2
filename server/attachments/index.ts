export { createAttachment, createTaskAttachment, storeAttachment, storeTaskAttachment } from "./create";
export { nameAttachments } from "./name";
export { findImageFaults, findImageRefusals, handOverToSessions, setScheduleImages } from "./of-tasks";
export { getAttachment, listAttachments, readAttachment, readTaskAttachments } from "./read";
export { removeOfSession, removeUnnamed } from "./remove";
