export { answerModel, type GatewayDeps, type ModelAnswer, type ModelRequest } from "./answer-model";
export { Holds } from "./holds";
export { ProviderLimits } from "./provider-limits";
export type { TokenUsage } from "./usage";
