import type { SsoGrant } from "@/contract/sso";

/** What a provider says of a person. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a person may do here: the first grant that fits; null: nothing. */
export function grantFor(claims: Claims, grants: readonly SsoGrant[]): SsoGrant | null {
  return grants.find((grant) => fits(grant, claims)) ?? null;
}

function fits({ claim, value, everyone }: SsoGrant, claims: Claims): boolean {
  if (everyone) return true;
  if (claim === undefined || value === undefined) return false;
  const path = typeof claim === "string" ? [claim] : claim;
  const wanted = typeof value === "string" ? [value] : value;
  if (path.join() !== "email") return valuesAt(claims, path).some((said) => wanted.includes(said));
  // Addresses are typed in any case, and nobody tells two people apart by it.
  const address = claims.email;
  return typeof address === "string" && wanted.some((one) => one.toLowerCase() === address.toLowerCase());
}

/** What a claim says, as texts: one, or each of a list. */
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
 * What a provider says, without an address that it does not say is verified: with some, people type their own, or
 * somebody else's. `isTrusted`: the provider gives addresses out itself, and says nothing of it.
 */
export function believedClaims(claims: Claims, isTrusted: boolean): Claims {
  const { email, email_verified: isVerified, ...others } = claims;
  const isBelieved = isVerified === true || isVerified === "true" || isTrusted;
  return isBelieved && typeof email === "string" && email.includes("@") ? { ...others, email } : others;
}

/** The longest that a person's name becomes here. */
const NAME_MAX = 200;

/**
 * What the audit log calls a person: their address, or their name at the provider with its host, as no address is
 * written. So nobody is taken for a token, a loop or `admin`, nor, by a name that they chose, for anybody else.
 */
export function nameOf(claims: Claims, issuer: string): string {
  const email = readable(claims.email);
  if (email !== "") return email.slice(0, NAME_MAX);
  const name = [claims.preferred_username, claims.sub].map(readable).find((text) => text !== "") ?? "somebody";
  const host = ` (${new URL(issuer).hostname})`.slice(-NAME_MAX / 2);
  return `${name.slice(0, NAME_MAX - host.length)}${host}`;
}

/** A name without spaces, and without what would hide in it or reorder it. */
function readable(text: unknown): string {
  return typeof text === "string"
    ? text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]|\p{Default_Ignorable_Code_Point}/gu, "")
    : "";
}
