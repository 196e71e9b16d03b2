export { readPatch } from "./read";
