import { z } from "zod";
import { safeNext } from "@/contract/safe-next";
import { SSO_CALLBACK_PATH, SSO_PATH, type SsoFailure } from "@/contract/sso";
import type { Actor } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import { cookieHeader, readCookie, signInPerson } from "@/server/identity";
import { grantFor, type Pending, type Person } from "@/server/sso";
import type { Wiring } from "@/server/wiring";
import { isSecure } from "./auth";
import type { HeaderReader } from "./exchange";

/** How long somebody may take at the provider. */
const PENDING_SECONDS = 600;
/** Addresses that are longer are left for the console's own start. */
const NEXT_MAX = 1_000;
/** Of what a provider says of its own refusal, in the log. */
const SAID_MAX = 500;

const PendingCookie = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
});

/** An answer that is no JSON: a way on, or the page that leads there. */
export type SsoAnswer = { status: number; headers: Record<string, string>; cookies: string[]; body: string };
type SsoCall = { query: URLSearchParams; headers: HeaderReader; address: string; requestId: string };

/** Sends a browser to the provider. What it has to bring back it keeps in a cookie of its own, one for each try. */
export async function beginSso(wiring: Wiring, call: SsoCall): Promise<SsoAnswer> {
  const next = ownAddress(call.query.get("next"));
  const { sso } = wiring;
  if (!sso) return refused("sso-off", next);
  try {
    const { address, pending } = await sso.begin(redirectUri(wiring), next);
    const kept = Buffer.from(JSON.stringify(pending)).toString("base64url");
    return leadTo(address.href, [pendingCookie(wiring, pending.state, kept, PENDING_SECONDS)]);
  } catch (error) {
    note(wiring, call, error, "the sign-in provider cannot be reached");
    return refused("sso-unreachable", next);
  }
}

/** Takes a browser back from the provider, and signs in whom it vouches for, where a grant fits them. */
export async function finishSso(wiring: Wiring, call: SsoCall): Promise<SsoAnswer> {
  const { query, headers, address, requestId } = call;
  const { sso } = wiring;
  if (!sso) return refused("sso-off", "/");
  const state = query.get("state") ?? "";
  const pending = readPending(headers, state);
  if (!pending) return refused("sso-expired", "/");
  const next = ownAddress(pending.next);
  const spent = [pendingCookie(wiring, state, "", 0)];
  try {
    wiring.failedSignIns.assertAllowed(address);
  } catch (error) {
    return refused(toAgentRunError(error).reason, next, spent);
  }
  // Whoever says no at the provider is no attack, and nothing is asked of it.
  if (query.get("error") === "access_denied") return refused("sso-denied", next, spent);

  let person: Person;
  try {
    person = await sso.finish(new URL(`${redirectUri(wiring)}?${query}`), pending);
  } catch (error) {
    wiring.failedSignIns.note(address);
    note(wiring, call, error, "a sign-in was refused");
    return refused("sso-refused", next, spent);
  }
  const { name, issuer, subject } = person;
  const grant = grantFor(person.claims, sso.file.grants);
  if (!grant) {
    wiring.log.warn({ requestId, name, subject }, "nobody has granted anything to somebody who signed in");
    return refused("sso-no-grant", next, spent);
  }
  const { role, tenantId } = grant;
  const lifeMs = sso.file.sessionHours * 3_600_000;
  try {
    const token = await signInPerson(wiring.serviceFor(PROVIDER, requestId), {
      ...{ name, role, issuer, subject, lifeMs },
      tenantId: tenantId === "*" ? null : tenantId,
    });
    const cookie = cookieHeader(token, isSecure(wiring), Math.floor(lifeMs / 1_000));
    return pageTo(next, [cookie, ...spent]);
  } catch (error) {
    const fault = toAgentRunError(error);
    if (fault.reason === "unexpected") note(wiring, call, fault.cause, "somebody could not be signed in");
    return refused(fault.reason, next, spent);
  }
}

const PROVIDER: Actor = { kind: "system", name: "sign-in", tenantId: null };

/** Where the provider sends browsers back to; the client has to be registered with it. */
function redirectUri(wiring: Wiring): string {
  return `${wiring.settings.publicUrl}${SSO_CALLBACK_PATH}`;
}

/** The provider's page sends it back, so it is `Lax`; it is read by these two routes alone. */
function pendingCookie(wiring: Wiring, state: string, value: string, seconds: number): string {
  const secure = isSecure(wiring) ? "; Secure" : "";
  return `${pendingName(state)}=${value}; Path=${SSO_PATH}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** Several tabs may be on their way at once: each has a cookie of its own. */
function pendingName(state: string): string {
  return `agentrun_sso_${state.slice(0, 16)}`;
}

function readPending(headers: HeaderReader, state: string): Pending | null {
  if (!/^[\w-]{20,100}$/.test(state)) return null;
  const kept = readCookie(headers.get("cookie"), pendingName(state));
  if (kept === null) return null;
  try {
    const pending = PendingCookie.parse(JSON.parse(Buffer.from(kept, "base64url").toString("utf8")));
    return pending.state === state ? pending : null;
  } catch {
    // Somebody has written it by hand; it is none of ours.
    return null;
  }
}

function ownAddress(next: string | null): string {
  return next === null || next.length > NEXT_MAX ? "/" : safeNext(next);
}

const HEADERS = { "cache-control": "no-store", "referrer-policy": "no-referrer" };

function leadTo(location: string, cookies: string[]): SsoAnswer {
  return { status: 303, headers: { ...HEADERS, location }, cookies, body: "" };
}

function refused(reason: SsoFailure | string, next: string, cookies: string[] = []): SsoAnswer {
  const query = new URLSearchParams({ error: reason, ...(next === "/" ? {} : { next }) });
  return leadTo(`/sign-in?${query}`, cookies);
}

/**
 * A page of ours that goes on by itself. A redirect would still be the provider's page going somewhere, to which
 * browsers do not give a cookie that is `SameSite=Strict`.
 */
function pageTo(next: string, cookies: string[]): SsoAnswer {
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

/** What went wrong, in the log alone, by what the library and the provider say of it: neither quotes a token or a code. */
function note(wiring: Wiring, { requestId }: SsoCall, error: unknown, message: string): void {
  wiring.log.warn({ requestId, told: whatItSays(error).map((text) => text.slice(0, SAID_MAX)) }, message);
}

/** The sentences of an error, of those behind it, and the words by which a provider refuses. */
function whatItSays(error: unknown, depth = 0): string[] {
  if (typeof error !== "object" || error === null || depth > 3) return [];
  const { message, code, error: word, error_description: described, cause, parameters } = error as Refusal;
  const behind = [...(Array.isArray(cause) ? cause : [cause]), parameters];
  const own = [message, code, word, described].filter((text) => typeof text === "string");
  return [...new Set([...own, ...behind.flatMap((one) => whatItSays(one, depth + 1))])];
}

type Refusal = Partial<Record<"message" | "code" | "error" | "error_description" | "cause" | "parameters", unknown>>;
