export { createSession } from "./create";
export { deleteSession } from "./delete";
export { ensureVolume } from "./ensure-volume";
export { listSessions } from "./list";
export { markSessionRead } from "./mark-read";
export { getSession, requireSession, toSession, toSummary } from "./session";
export { readOutput, readTrace } from "./trace";
export { updateSession } from "./update";
