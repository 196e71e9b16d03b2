export { readTimeline } from "./read";
