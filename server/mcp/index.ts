export { answerMcp, type McpAnswer } from "./answer";
