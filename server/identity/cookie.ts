import { OPERATOR_TOKEN_SECONDS } from "./mint";

/** Browsers send every port of a host the same cookies, so two servers on one machine share this name. */
export const COOKIE_NAME = "agentrun_operator";

/** Scripts cannot read it, other sites cannot send it, and it travels in the clear only where the site itself does. */
export function cookieHeader(token: string, isSecure: boolean): string {
  return `${COOKIE_NAME}=${token}; Path=/; Max-Age=${OPERATOR_TOKEN_SECONDS}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

export function expiredCookieHeader(isSecure: boolean): string {
  return `${COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

/** The token in a Cookie header; null when there is none. */
export function readCookie(header: string | null | undefined): string | null {
  for (const part of header?.split(";") ?? []) {
    const [name, value] = part.split("=", 2);
    if (name?.trim() === COOKIE_NAME && value) return value.trim();
  }
  return null;
}

/** The token in an Authorization header; null when there is none. */
export function readBearer(header: string | null | undefined): string | null {
  return /^Bearer +([^\s]+)\s*$/i.exec(header ?? "")?.[1] ?? null;
}
