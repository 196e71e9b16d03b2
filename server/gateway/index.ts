export { answerModel, type GatewayDeps, type ModelAnswer, type ModelRequest } from "./answer-model";
export { HeldBodies } from "./held-bodies";
export { OpenCalls } from "./open-calls";
export { ProviderLimits } from "./provider-limits";
export type { TokenUsage } from "./usage";
