import { z } from "zod";
import { exactText, OwnerId } from "./ids";
import { ROLES } from "./words";

/** Where a sign-in at the provider begins, and where the provider sends the browser back to: its redirect address. */
export const SSO_PATH = "/api/auth/sso";
export const SSO_CALLBACK_PATH = "/api/auth/sso/callback";

/** Why a sign-in at the provider came to nothing, as the sign-in page is told. */
export type SsoFailure = "sso-off" | "sso-unreachable" | "sso-denied" | "sso-expired" | "sso-refused" | "sso-no-grant";

/** The provider speaks in the clear to nobody but this machine. */
const Issuer = exactText(2_000)
  .refine((issuer) => /^https?:$/.test(URL.parse(issuer)?.protocol ?? ""), {
    error: "an address that begins with https://",
    abort: true,
  })
  .refine((issuer) => issuer.startsWith("https:") || isLoopback(new URL(issuer).hostname), {
    error: "must begin with https://: in the clear only this machine is asked",
  })
  .refine((issuer) => !/[?#]/.test(issuer) && new URL(issuer).username + new URL(issuer).password === "", {
    error: "must have no query, fragment or credentials",
  });

/** Who of the provider's people may do what here. */
export const SsoGrant = z
  .strictObject({
    /** A claim's name, or the path to one inside others. */
    claim: z.union([exactText(200), z.array(exactText(200)).min(1).max(8)]).optional(),
    /** What the claim is, or what is among its values; of several, one is enough. */
    value: z.union([exactText(500), z.array(exactText(500)).min(1).max(200)]).optional(),
    /** In the place of a claim and its value: whoever the provider signs in. */
    everyone: z.literal(true).optional(),
    role: z.enum(ROLES),
    /** One tenant, or `*` for all of them. */
    tenantId: z.union([z.literal("*"), OwnerId], { error: "a tenant, or * for all of them" }),
  })
  .refine(
    ({ claim, value, everyone }) =>
      everyone ? claim === undefined && value === undefined : claim !== undefined && value !== undefined,
    { error: "give a claim and its value, or everyone" },
  );
export type SsoGrant = z.infer<typeof SsoGrant>;

/** The file that AGENTRUN_SSO names: an OpenID Connect provider, and what its people may do here. */
export const SsoFile = z
  .strictObject({
    /** As the provider writes itself; its configuration is found below it. */
    issuer: Issuer,
    clientId: exactText(500),
    /** The variable of web that holds the client's secret. Without a secret the client is a public one. */
    keyEnv: exactText(200).optional(),
    /** The file that holds it instead, read at each sign-in. */
    keyFile: exactText(1_000).optional(),
    /** How the client says its secret: as the provider prefers, unless told. */
    auth: z.enum(["basic", "post"]).optional(),
    /** Whether addresses count that the provider does not say are verified. */
    trustEmail: z.boolean().default(false),
    /** What the sign-in page calls the provider. */
    label: exactText(60).default("single sign-on"),
    /** What the provider is asked for, beside `openid`. */
    scopes: z.array(exactText(200).regex(/^\S+$/, "must not contain spaces")).max(50).default(["profile", "email"]),
    /** How long a browser stays signed in, hours; then the provider is asked again. */
    sessionHours: z.number().min(0.25).max(336).default(12),
    /** The first that fits decides; whom none fits is not let in. */
    grants: z.array(SsoGrant).min(1).max(1_000),
  })
  .refine((file) => file.keyEnv === undefined || file.keyFile === undefined, {
    error: "keyEnv and keyFile: give one of them",
  });
export type SsoFile = z.infer<typeof SsoFile>;

/** How people sign in here, as the sign-in page asks. */
export const SignInMethods = z.object({ sso: z.object({ label: z.string() }).nullable() });
export type SignInMethods = z.infer<typeof SignInMethods>;

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
