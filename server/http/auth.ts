import { SignInInput } from "@/contract/identity";
import { AgentRunError, toAgentRunError, UnauthenticatedError } from "@/server/errors";
import { assertOwnOrigin, cookieHeader, expiredCookieHeader, signIn, signOut } from "@/server/identity";
import { inputFault } from "@/server/trpc/init";
import type { Wiring } from "@/server/wiring";
import { ANONYMOUS, contextOf } from "./caller";
import { type Exchange, type HeaderReader, readJsonText, sendError, sendJson } from "./exchange";
import { SIGN_IN_BODY_MAX_BYTES } from "./limits";

export function isSecure(wiring: Wiring): boolean {
  return wiring.settings.publicUrl.startsWith("https:");
}

export type SignInAttempt = {
  token: string;
  address: string;
  requestId: string;
  /** A link may come from another site, which must not sign its visitor in with that site's own token. */
  isLink?: boolean;
};

/**
 * Buys a cookie with a token, unless the address has failed too often recently. Returns the value of the Set-Cookie
 * header.
 */
export async function signInWithToken(wiring: Wiring, attempt: SignInAttempt): Promise<string> {
  wiring.failedSignIns.assertAllowed(attempt.address);
  try {
    const ctx = wiring.serviceFor(ANONYMOUS, attempt.requestId);
    const cookie = await signIn(ctx, attempt, wiring.authenticator);
    return cookieHeader(cookie, isSecure(wiring));
  } catch (error) {
    if (toAgentRunError(error).reason === "unauthenticated") wiring.failedSignIns.note(attempt.address);
    throw error;
  }
}

/** Handles the printed sign-in link: spends its token and redirects the browser to the console with a cookie. */
export async function handleSignInLink(exchange: Exchange): Promise<void> {
  const { wiring, res, query, requestId, method } = exchange;
  const headers = { "cache-control": "no-store", "referrer-policy": "no-referrer" };
  try {
    assertGet(method);
    const cookie = await signInWithToken(wiring, {
      token: query.get("token") ?? "",
      address: exchange.address,
      requestId,
      isLink: true,
    });
    res.writeHead(303, { ...headers, location: "/", "set-cookie": cookie }).end();
  } catch (error) {
    const fault = toAgentRunError(error);
    // Somebody who opens the link a second time is signed in already.
    const isSignedIn = fault.reason === "unauthenticated" && (await contextOf(wiring, exchange)).service !== null;
    res
      .writeHead(303, { ...headers, location: isSignedIn ? "/" : `/sign-in?error=${encodeURIComponent(fault.reason)}` })
      .end();
  }
}

/** Throws unless the request is a GET, as of a browser that follows a link. */
export function assertGet(method: string): void {
  if (method === "GET") return;
  throw new AgentRunError("schema-invalid", "method-not-allowed", "this route takes GET", {
    details: { allow: ["GET"] },
  });
}

export async function handleAuth(exchange: Exchange): Promise<void> {
  const { wiring, req, res, method, headers, requestId } = exchange;
  try {
    if (method !== "POST")
      throw new AgentRunError("schema-invalid", "method-not-allowed", "this route takes POST", {
        details: { allow: ["POST"] },
      });
    if (exchange.path === "/api/auth/sign-out") {
      const { service, fault } = await contextOf(wiring, exchange);
      if (fault?.reason === "origin-refused") throw fault;
      if (service) await signOut(service, wiring.authenticator);
      sendJson(res, 200, {}, { "set-cookie": expiredCookieHeader(isSecure(wiring)) });
      return;
    }
    assertSignInOrigin(wiring, { method, headers });
    const cookie = await signInWithToken(wiring, {
      token: parseSignInToken(await readJsonText(req, headers, SIGN_IN_BODY_MAX_BYTES)),
      address: exchange.address,
      requestId,
    });
    sendJson(res, 200, {}, { "set-cookie": cookie });
  } catch (error) {
    sendError(exchange, error);
  }
}

/** A page of another site must not sign its visitor in as somebody else either. */
export function assertSignInOrigin(
  wiring: Wiring,
  { method, headers }: { method: string; headers: HeaderReader },
): void {
  const origin = {
    method,
    origin: headers.get("origin"),
    fetchSite: headers.get("sec-fetch-site"),
    host: headers.get("host"),
  };
  assertOwnOrigin(origin, wiring.settings.publicUrl, false);
}

/** Returns the token in a sign-in's body. */
export function parseSignInToken(text: string): string {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    throw new UnauthenticatedError('send {"token": …} as JSON');
  }
  const parsed = SignInInput.safeParse(body);
  if (!parsed.success) throw inputFault(parsed.error);
  return parsed.data.token;
}
