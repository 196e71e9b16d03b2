export { handedText } from "./handed-text";
export { readResults } from "./read";
