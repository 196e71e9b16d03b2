export { type Authenticator, createAuthenticator } from "./authenticate";
export { cookieHeader, expiredCookieHeader, readBearer, readCookie } from "./cookie";
export { createToken } from "./create-token";
export { endRunTokens } from "./end";
export { createFailedSignIns, type FailedSignIns } from "./failed-sign-ins";
export { listTokens } from "./list-tokens";
export {
  type MintLaunchTokenInput,
  type MintRunnerTokensInput,
  mintArchiverToken,
  mintLaunchToken,
  mintOperatorToken,
  mintRunnerTokens,
  mintSignInToken,
  type RunnerTokens,
} from "./mint";
export { findModelGrant, type ModelGrant } from "./model-grant";
export { assertOwnOrigin, type RequestOrigin } from "./origin";
export { createOwnToken, listOwnTokens, revokeOwnToken } from "./own-tokens";
export { removeEndedTokens } from "./remove-ended";
export { createRequestLimits, OPERATOR_REQUESTS, type RequestLimits } from "./request-limits";
export { revokeToken } from "./revoke-token";
export { type SignInPersonInput, signIn, signInPerson, signOut } from "./sign-in";
export { isSameSecret, TOKEN_PREFIX } from "./token";
