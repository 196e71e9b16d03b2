import type { SsoGrant } from "@/contract/sso";

/** What a provider says about a person. */
export type Claims = Readonly<Record<string, unknown>>;

/** Returns what a person may do here: the first grant that fits; null: nothing. */
export function grantFor(claims: Claims, grants: readonly SsoGrant[]): SsoGrant | null {
  return grants.find((grant) => fits(grant, claims)) ?? null;
}

function fits({ claim, value, everyone }: SsoGrant, claims: Claims): boolean {
  if (everyone) return true;
  if (claim === undefined || value === undefined) return false;
  const path = typeof claim === "string" ? [claim] : claim;
  const allowed = typeof value === "string" ? [value] : value;
  if (path.join() !== "email") return valuesAt(claims, path).some((said) => allowed.includes(said));
  // E-mail addresses are typed in any case, and case never distinguishes two people.
  const address = claims.email;
  return typeof address === "string" && allowed.some((candidate) => candidate.toLowerCase() === address.toLowerCase());
}

/** Returns a claim's value as texts: one, or each of a list. */
function valuesAt(claims: Claims, path: string[]): string[] {
  let value: unknown = claims;
  for (const name of path) value = own(value, name);
  return (Array.isArray(value) ? value : [value]).flatMap((item) =>
    typeof item === "string" || typeof item === "number" || typeof item === "boolean" ? [String(item)] : [],
  );
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined;
  return (value as Record<string, unknown>)[name];
}

/**
 * Returns the claims without an e-mail address that is not said to be verified: at some providers people type their own
 * address, or somebody else's. `isTrusted`: the provider assigns the addresses itself and makes no such statement.
 */
export function trustedClaims(claims: Claims, isTrusted: boolean): Claims {
  const { email, email_verified: isVerified, ...otherClaims } = claims;
  const isBelieved = isVerified === true || isVerified === "true" || isTrusted;
  return isBelieved && typeof email === "string" && email.includes("@") ? { ...otherClaims, email } : otherClaims;
}

/** The maximum length of a person's name here. */
const NAME_MAX = 200;

/**
 * Returns a person's name in the audit log: their e-mail address, or their name at the provider followed by its host,
 * in a form that no address has. So nobody can be taken for a token, a loop or `admin`, or by a chosen name for anybody
 * else.
 */
export function nameOf(claims: Claims, issuer: string): string {
  const email = readable(claims.email);
  if (email !== "") return email.slice(0, NAME_MAX);
  const name = [claims.preferred_username, claims.sub].map(readable).find((text) => text !== "") ?? "somebody";
  const host = ` (${new URL(issuer).hostname})`.slice(-NAME_MAX / 2);
  return `${name.slice(0, NAME_MAX - host.length)}${host}`;
}

/** Removes spaces from a name, and characters that hide or reorder text. */
function readable(text: unknown): string {
  return typeof text === "string"
    ? text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]|\p{Default_Ignorable_Code_Point}/gu, "")
    : "";
}
