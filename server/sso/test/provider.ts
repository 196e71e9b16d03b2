import { createSign, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

/** What a provider knows of its people, by the name that they sign in with. */
export type People = Record<string, Record<string, unknown>>;

export const CLIENT = { id: "agentrun", secret: "a-secret-that-only-web-knows" };

/** Changes what the provider answers, on its way out. */
export type Tamper = (path: string, body: string) => string;

export interface TestProvider extends AsyncDisposable {
  issuer: string;
  people: People;
  /** null: nothing is changed. */
  tamper: Tamper | null;
  /** Makes an ID token with other claims, signed as the provider signs its own. */
  sign(claims: Record<string, unknown>): string;
  /** Paths that were requested. */
  asked: string[];
  /** Ends it as an outage would; the same address answers again after `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

/**
 * Starts a certified OpenID Connect provider on this machine, with pages on which people enter their name and any
 * password. Under the host `localhost`, browsers take it for another site than one at 127.0.0.1. Like many providers,
 * it returns e-mail addresses and groups only from its userinfo endpoint.
 */
export async function startTestProvider(people: People, host = "127.0.0.1"): Promise<TestProvider> {
  let provider: Provider | null = null;
  const asked: string[] = [];
  const answer: Answer = (req, res) => {
    const path = new URL(req.url ?? "/", "http://provider").pathname;
    asked.push(path);
    if (path === "/favicon.ico") {
      res.writeHead(204).end();
      return;
    }
    change(res, (body) => (self.tamper?.(path, body) ?? body).replace(WEB_FONT, ""));
    void provider?.callback()(req, res);
  };
  let server = await listen(answer, host, 0);
  const { port } = server.address() as AddressInfo;
  const self: TestProvider = {
    issuer: `http://${host}:${port}`,
    people,
    tamper: null,
    asked,
    sign: signed,
    goAway: () => close(server),
    async comeBack() {
      server = await listen(answer, host, port);
    },
    [Symbol.asyncDispose]: () => close(server),
  };
  provider = makeProvider(self);
  return self;
}

/** The key with which this process's providers sign. */
const KEY = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
const KEY_ID = "key-of-tests";

function signed(claims: Record<string, unknown>): string {
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${base64({ alg: "RS256", kid: KEY_ID, typ: "JWT" })}.${base64(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(KEY, "base64url")}`;
}

function makeProvider({ issuer, people }: TestProvider): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        // Web's port is not known yet: any port of this machine is accepted.
        redirect_uris: ["http://127.0.0.1/api/auth/sso/callback"],
        application_type: "native",
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["preferred_username"],
      groups: ["groups", "realm_access"],
    },
    scopes: ["openid", "email", "profile", "groups"],
    cookies: { keys: ["a key of a test"] },
    jwks: { keys: [{ ...KEY.export({ format: "jwk" }), kid: KEY_ID, alg: "RS256", use: "sig" } as never] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    ttl: { Session: 3_600, Interaction: 600, Grant: 3_600, AccessToken: 300, IdToken: 300 },
  });
}

/** Its pages would load a typeface from another host. */
const WEB_FONT = /@import url\([^)]*\);?/g;

/** Changes an answer on its way out; it is sent in one piece. */
function change(res: ServerResponse, to: (body: string) => string): void {
  const { end } = res;
  res.end = ((chunk?: unknown, ...rest: unknown[]) => {
    if (typeof chunk !== "string" && !Buffer.isBuffer(chunk))
      return end.call(res, chunk as never, ...(rest as [never]));
    const body = to(chunk.toString());
    res.setHeader("content-length", Buffer.byteLength(body));
    return end.call(res, body as never, "utf8" as never);
  }) as typeof res.end;
}

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

async function listen(answer: Answer, host: string, port: number): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
