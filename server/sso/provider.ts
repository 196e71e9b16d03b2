import * as oidc from "openid-client";
import type { SsoFile } from "@/contract/sso";
import { type ReadVariable, readKey } from "@/server/backends";
import { believedClaims, type Claims, nameOf } from "./grant";

/** Of one request to the provider. */
const TIMEOUT_SECONDS = 10;
/** How far the provider's clock may be from this one's. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** How long what the provider says of itself is believed; its signing keys are fetched anew when one is unknown. */
const METADATA_MS = 60 * 60_000;

/** A sign-in that was begun, as its browser keeps it until the provider sends it back. */
export type Pending = { state: string; nonce: string; verifier: string; next: string };

/** Who a provider says that somebody is. */
export type Person = { issuer: string; subject: string; name: string; claims: Claims };

type Found = { metadata: oidc.ServerMetadata; until: number };

/** An OpenID Connect provider by the authorization code flow with PKCE; what it signs is checked by its keys. */
export class SsoProvider {
  #found: Found | null = null;
  #asking: Promise<oidc.ServerMetadata> | null = null;
  #configuration: { key: string | null; metadata: oidc.ServerMetadata; made: oidc.Configuration } | null = null;

  constructor(
    readonly file: SsoFile,
    private readonly readVariable: ReadVariable,
  ) {}

  /** Where a browser goes to sign in, and what it has to bring back. Fails where the provider cannot be reached. */
  async begin(redirectUri: string, next: string): Promise<{ address: URL; pending: Pending }> {
    const configuration = await this.#configure();
    const pending = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      next,
    };
    const address = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: [...new Set(["openid", ...this.file.scopes])].join(" "),
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: "S256",
    });
    return { address, pending };
  }

  /** Buys who somebody is with the code that the provider gave their browser. Fails where anything about it is wrong. */
  async finish(returned: URL, pending: Pending): Promise<Person> {
    const configuration = await this.#configure();
    const tokens = await oidc.authorizationCodeGrant(configuration, returned, {
      pkceCodeVerifier: pending.verifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    });
    const signed = tokens.claims();
    if (!signed) throw new Error("the provider gave no ID token");
    // Many providers tell groups there alone. What was signed is not replaced by it.
    const told = configuration.serverMetadata().userinfo_endpoint
      ? await oidc.fetchUserInfo(configuration, tokens.access_token, signed.sub)
      : {};
    const claims = believedClaims({ ...told, ...signed }, this.file.trustEmail);
    return { issuer: signed.iss, subject: signed.sub, name: nameOf(claims, this.file.issuer), claims };
  }

  async #configure(): Promise<oidc.Configuration> {
    const [metadata, key] = await Promise.all([this.#metadata(), this.#key()]);
    const known = this.#configuration;
    // Kept while nothing changes: it holds the provider's signing keys.
    if (known && known.key === key && known.metadata === metadata) return known.made;
    const made = new oidc.Configuration(
      metadata,
      this.file.clientId,
      { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
      key === null ? oidc.None() : this.#authentication(metadata, key),
    );
    made.timeout = TIMEOUT_SECONDS;
    if (this.#isLocal()) oidc.allowInsecureRequests(made);
    oidc.enableNonRepudiationChecks(made);
    this.#configuration = { key, metadata, made };
    return made;
  }

  /** The client's secret as it is now, null for a public client. Without it a client that has one would be taken for that. */
  async #key(): Promise<string | null> {
    const { keyEnv, keyFile } = this.file;
    const key = await readKey(this.file, this.readVariable);
    if (key === null && (keyEnv ?? keyFile) !== undefined)
      throw new Error(`the client's secret is not in its ${keyEnv === undefined ? "file" : `variable ${keyEnv}`}`);
    return key;
  }

  /** What the provider says of itself, asked once by all who come at once. */
  async #metadata(): Promise<oidc.ServerMetadata> {
    if (this.#found && this.#found.until > performance.now()) return this.#found.metadata;
    this.#asking ??= this.#discover().finally(() => {
      this.#asking = null;
    });
    const known = this.#found;
    // What it said an hour ago is better than nothing.
    return known ? this.#asking.catch(() => known.metadata) : this.#asking;
  }

  async #discover(): Promise<oidc.ServerMetadata> {
    const discovered = await oidc.discovery(new URL(this.file.issuer), this.file.clientId, undefined, oidc.None(), {
      timeout: TIMEOUT_SECONDS,
      execute: this.#isLocal() ? [oidc.allowInsecureRequests] : [],
    });
    // A copy, without the library's exception for issuers of many tenants at Entra ID: there any of them could sign in.
    const metadata = discovered.serverMetadata();
    this.#found = { metadata, until: performance.now() + METADATA_MS };
    return metadata;
  }

  /** The header is what the standard falls back to; many servers read it in ways of their own. */
  #authentication(metadata: oidc.ServerMetadata, key: string): oidc.ClientAuth {
    const known = metadata.token_endpoint_auth_methods_supported;
    const auth = this.file.auth ?? (known?.includes("client_secret_post") ? "post" : "basic");
    return auth === "post" ? oidc.ClientSecretPost(key) : oidc.ClientSecretBasic(key);
  }

  /** Only on this machine does a provider speak in the clear (`SsoFile`). */
  #isLocal(): boolean {
    return this.file.issuer.startsWith("http:");
  }
}
