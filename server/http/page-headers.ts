import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Sets the headers that every answer has. */
export function setCommonHeaders(res: ServerResponse, isSecure: boolean): void {
  res.setHeader("x-content-type-options", "nosniff");
  res.setHeader("x-frame-options", "DENY");
  res.setHeader("referrer-policy", "same-origin");
  res.setHeader("cross-origin-opener-policy", "same-origin");
  res.setHeader("cross-origin-resource-policy", "same-origin");
  if (isSecure) res.setHeader("strict-transport-security", "max-age=31536000");
}

/** A page runs only scripts that this answer names; text written by an agent can never become one. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    // Components position floating elements by style attributes, which no nonce can cover.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/**
 * Prepares a request for Next: removes headers that Next would trust, and passes the nonce in the policy's own header,
 * from which Next takes it for its scripts, and in `x-nonce` for ours.
 */
export function preparePage(req: IncomingMessage, res: ServerResponse): void {
  for (const name of Object.keys(req.headers)) {
    if (name.startsWith("x-middleware-") || name.startsWith("x-nextjs-") || name === "next-action")
      delete req.headers[name];
  }
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  // A page that sends its visitor to sign in uses this as the address to return to.
  req.headers["x-agentrun-path"] = req.url;
  req.headers["x-nonce"] = nonce;
  req.headers["content-security-policy"] = policy;
  res.setHeader("content-security-policy", policy);
}
