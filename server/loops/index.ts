export { startLoops } from "./start-loops";
