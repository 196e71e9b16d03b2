export { readTurns } from "./read";
