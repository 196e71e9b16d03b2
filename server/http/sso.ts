import { z } from "zod";
import type { Reason } from "@/contract/errors";
import { safeNext } from "@/contract/safe-next";
import { SSO_CALLBACK_PATH, SSO_PATH, type SsoFailure } from "@/contract/sso";
import { toAgentRunError } from "@/server/errors";
import { cookieHeader, readCookie, signInPerson } from "@/server/identity";
import { describeError, failureOf, grantFor, type Pending, type Person, type SsoProvider } from "@/server/sso";
import type { Wiring } from "@/server/wiring";
import { isSecure } from "./auth";
import { ANONYMOUS } from "./caller";
import type { HeaderReader } from "./exchange";

/** How long somebody may take at the provider, in seconds. */
const PENDING_SECONDS = 600;
/** The maximum length of an address to return to; for a longer one the console's start page is used. */
const NEXT_CHARS_MAX = 1_000;
/** How many tries of one browser are kept; each is a cookie, and the header must stay small. */
const PENDING_COOKIES_MAX = 5;

const PendingCookie = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string().min(43),
  next: z.string(),
});

/** An answer that is not JSON: a redirect, or the page that leads on. */
type SsoAnswer = { status: number; headers: Record<string, string>; cookies: string[]; body: string };
type SsoCall = { query: URLSearchParams; headers: HeaderReader; address: string; requestId: string };

/** Redirects a browser to the provider. The browser keeps what it has to bring back in a cookie, one for each try. */
export async function beginSso(wiring: Wiring, call: SsoCall): Promise<SsoAnswer> {
  const next = safeConsoleAddress(call.query.get("next"));
  const { sso } = wiring;
  if (!sso) return redirectWithError("sso-off", next);
  try {
    const { address, pending } = await sso.begin(redirectUri(wiring), next);
    const encoded = Buffer.from(JSON.stringify(pending)).toString("base64url");
    const droppedNames = pendingNames(call.headers).slice(0, -(PENDING_COOKIES_MAX - 1));
    return redirectTo(address.href, [
      pendingCookie(wiring, pendingName(pending.state), encoded, PENDING_SECONDS),
      ...droppedNames.map((name) => pendingCookie(wiring, name, "", 0)),
    ]);
  } catch (error) {
    wiring.log.warn(
      { requestId: call.requestId, detail: describeError(error) },
      "could not reach the sign-in provider",
    );
    return redirectWithError("sso-unreachable", next);
  }
}

/** Receives a browser from the provider, and signs in the person whom the provider vouches for, if a grant fits. */
export async function finishSso(wiring: Wiring, call: SsoCall): Promise<SsoAnswer> {
  const { sso } = wiring;
  if (!sso) return redirectWithError("sso-off", "/");
  const state = call.query.get("state") ?? "";
  const pending = readPending(call.headers, state);
  if (!pending) return redirectWithError("sso-expired", "/");
  const next = safeConsoleAddress(pending.next);
  const clearedCookies = [pendingCookie(wiring, pendingName(state), "", 0)];
  try {
    const person = await verifyAtProvider(wiring, sso, call, pending);
    if (typeof person === "string") return redirectWithError(person, next, clearedCookies);
    const cookie = await signInByGrant(wiring, sso, call, person);
    return cookie === null
      ? redirectWithError("sso-no-grant", next, clearedCookies)
      : refreshPageTo(next, [cookie, ...clearedCookies]);
  } catch (error) {
    const fault = toAgentRunError(error);
    if (fault.reason === "unexpected")
      wiring.log.error({ err: fault.cause, requestId: call.requestId }, "unexpected error");
    return redirectWithError(fault.reason, next, clearedCookies);
  }
}

/**
 * Returns who came back, by the provider's word, or why nobody did. A try counts as a guess until it is shown not to be
 * one.
 */
async function verifyAtProvider(
  wiring: Wiring,
  sso: SsoProvider,
  { query, address, requestId }: SsoCall,
  pending: Pending,
): Promise<Person | SsoFailure> {
  const { failedSsoSignIns, log } = wiring;
  failedSsoSignIns.assertAllowed(address);
  failedSsoSignIns.note(address);
  try {
    const person = await sso.finish(new URL(`${redirectUri(wiring)}?${query}`), pending);
    failedSsoSignIns.forgive(address);
    return person;
  } catch (error) {
    const { reason, isGuess } = failureOf(error);
    if (!isGuess) failedSsoSignIns.forgive(address);
    log.warn({ requestId, reason, detail: describeError(error) }, "sign-in at the provider failed");
    return reason;
  }
}

/** Returns the cookie of a person for whom a grant fits; null: none does. */
async function signInByGrant(
  wiring: Wiring,
  sso: SsoProvider,
  { requestId }: SsoCall,
  person: Person,
): Promise<string | null> {
  const { name, issuer, subject, claims } = person;
  const { grants, sessionHours } = sso.file;
  const grant = grantFor(claims, grants);
  if (!grant) {
    // Only the names of claims: their values are personal.
    wiring.log.warn({ requestId, name, subject, claims: Object.keys(claims) }, "no grant matches the signed-in person");
    return null;
  }
  const { role, tenantId } = grant;
  const lifeMs = sessionHours * 3_600_000;
  const token = await signInPerson(wiring.serviceFor(ANONYMOUS, requestId), {
    name,
    role,
    issuer,
    subject,
    lifeMs,
    tenantId: tenantId === "*" ? null : tenantId,
  });
  return cookieHeader(token, isSecure(wiring), Math.floor(lifeMs / 1_000));
}

/** The address to which the provider returns browsers; it must be registered at the provider. */
function redirectUri({ settings }: Wiring): string {
  // In the form that a browser writes: the provider compares the two addresses that it gets character by character.
  return new URL(SSO_CALLBACK_PATH, settings.publicUrl).href;
}

/** `Lax`, because the provider's page sends the browser back. Only these two routes read it. */
function pendingCookie(wiring: Wiring, name: string, value: string, seconds: number): string {
  const secure = isSecure(wiring) ? "; Secure" : "";
  return `${name}=${value}; Path=${SSO_PATH}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

const PENDING_NAME = "agentrun_sso_";
const IS_PENDING_NAME = new RegExp(`^${PENDING_NAME}[\\w-]{16}$`);

/** A cookie for each try, because several tabs may be signing in at once. */
function pendingName(state: string): string {
  return `${PENDING_NAME}${state.slice(0, 16)}`;
}

/** Returns the tries that a browser has begun, the oldest first as browsers send them. */
function pendingNames(headers: HeaderReader): string[] {
  const names = (headers.get("cookie") ?? "").split(";").map((cookie) => cookie.trim().split("=", 1)[0] ?? "");
  return names.filter((name) => IS_PENDING_NAME.test(name));
}

function readPending(headers: HeaderReader, state: string): Pending | null {
  if (!/^[\w-]{20,100}$/.test(state)) return null;
  const encoded = readCookie(headers.get("cookie"), pendingName(state));
  if (encoded === null) return null;
  try {
    const pending = PendingCookie.parse(JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")));
    return pending.state === state ? pending : null;
  } catch {
    // Somebody wrote the cookie by hand.
    return null;
  }
}

/**
 * Returns an address of the console: not the API, which could redirect a browser elsewhere, nor the sign-in page
 * itself.
 */
function safeConsoleAddress(next: string | null): string {
  const address = safeNext(next ?? undefined);
  return address.length > NEXT_CHARS_MAX || /^\/(api|sign-in)(?![\w-])/.test(address) ? "/" : address;
}

const HEADERS = { "cache-control": "no-store", "referrer-policy": "no-referrer" };

function redirectTo(location: string, cookies: string[]): SsoAnswer {
  return { status: 303, headers: { ...HEADERS, location }, cookies, body: "" };
}

function redirectWithError(reason: SsoFailure | Reason, next: string, cookies: string[] = []): SsoAnswer {
  const query = new URLSearchParams({ error: reason, ...(next === "/" ? {} : { next }) });
  return redirectTo(`/sign-in?${query}`, cookies);
}

/**
 * Answers a page of ours that leads on by itself. A redirect would still count as a navigation from the provider's
 * page, for which browsers withhold a cookie that is `SameSite=Strict`.
 */
function refreshPageTo(next: string, cookies: string[]): SsoAnswer {
  const address = next.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return {
    status: 200,
    headers: {
      ...HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    },
    cookies,
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signed in · AgentRun</title><meta http-equiv="refresh" content="0;url=${address}"></head><body><p>You are signed in. <a href="${address}">Go on</a></p></body></html>`,
  };
}
