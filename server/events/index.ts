export { appendEvents } from "./append";
export { APPENDER_LANES, EventAppender } from "./appender";
export { getEvent, listChanges, listEvents, toEvent } from "./event";
export { redactJson, redactMessage, redactText } from "./redact";
export { searchEvents } from "./search";
export { appendServerEvents, statusEvent } from "./server-events";
