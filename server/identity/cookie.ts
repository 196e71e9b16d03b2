import { OPERATOR_TOKEN_SECONDS } from "./mint";

/** Browsers send the same cookies to every port of a host, so two servers on one machine share this name. */
export const COOKIE_NAME = "agentrun_operator";

/**
 * Scripts cannot read the cookie, other sites cannot send it, and it is sent unencrypted only where the site itself is.
 */
export function cookieHeader(token: string, isSecure: boolean, seconds: number = OPERATOR_TOKEN_SECONDS): string {
  return `${COOKIE_NAME}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

export function expiredCookieHeader(isSecure: boolean): string {
  return `${COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

/** Returns the value of a name in a Cookie header; null: there is none. */
export function readCookie(header: string | null | undefined, wanted: string = COOKIE_NAME): string | null {
  for (const part of header?.split(";") ?? []) {
    const [name, value] = part.split("=", 2);
    if (name?.trim() === wanted && value) return value.trim();
  }
  return null;
}

/** Returns the token in an Authorization header; null: there is none. */
export function readBearer(header: string | null | undefined): string | null {
  return /^Bearer +([^\s]+)\s*$/i.exec(header ?? "")?.[1] ?? null;
}
