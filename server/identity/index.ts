export { endRunTokens, revokeToken } from "./end";
export {
  type MintLaunchTokenInput,
  type MintRunnerTokensInput,
  mintLaunchToken,
  mintOperatorToken,
  mintRunnerTokens,
  mintSignInToken,
  type RunnerTokens,
} from "./mint";
