import { OPERATOR_TOKEN_SECONDS } from "./mint";

/** Browsers send every port of a host the same cookies, so two servers on one machine share this name. */
export const COOKIE_NAME = "agentrun_operator";

/** Scripts cannot read it, other sites cannot send it, and it travels in the clear only where the site itself does. */
export function cookieHeader(token: string, isSecure: boolean, seconds: number = OPERATOR_TOKEN_SECONDS): string {
  return `${COOKIE_NAME}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

export function expiredCookieHeader(isSecure: boolean): string {
  return `${COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

/** What a Cookie header says under a name; null where that is nothing. */
export function readCookie(header: string | null | undefined, wanted: string = COOKIE_NAME): string | null {
  for (const part of header?.split(";") ?? []) {
    const [name, value] = part.split("=", 2);
    if (name?.trim() === wanted && value) return value.trim();
  }
  return null;
}

/** The token in an Authorization header; null when there is none. */
export function readBearer(header: string | null | undefined): string | null {
  return /^Bearer +([^\s]+)\s*$/i.exec(header ?? "")?.[1] ?? null;
}
