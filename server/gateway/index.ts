export { answerModel, type GatewayDeps, type ModelAnswer, type ModelRequest } from "./answer-model";
export type { TokenUsage } from "./usage";
