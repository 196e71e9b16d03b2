export { type Authenticator, createAuthenticator } from "./authenticate";
export { cookieHeader, expiredCookieHeader, readBearer, readCookie } from "./cookie";
export { createSignInLink } from "./create-sign-in-link";
export { createToken } from "./create-token";
export { decideDeviceSignIn } from "./decide-device-sign-in";
export { endRunTokens } from "./end";
export { createFailedSignIns, type FailedSignIns } from "./failed-sign-ins";
export { findDeviceSignIn } from "./find-device-sign-in";
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
export { pollDeviceSignIn } from "./poll-device-sign-in";
export { removeEndedTokens } from "./remove-ended";
export { createRequestLimits, OPERATOR_REQUESTS, type RequestLimits } from "./request-limits";
export { revokeToken } from "./revoke-token";
export { type SignInPersonInput, signIn, signInPerson, signOut } from "./sign-in";
export { removeDeviceSignIns, startDeviceSignIn } from "./start-device-sign-in";
export { isSameSecret, TOKEN_PREFIX } from "./token";
