import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { type APIRequestContext, expect, test } from "@playwright/test";
import { Product, waitUntil } from "./product";
import { QUOTE_THE_KEY, RecordingProvider } from "./recording-provider";
import { SsoFileOnDisk } from "./sso-file";

/** Without a shape by which it would be known for a secret. */
const PROVIDER_KEY = "pk/canary-provider-7f3a9c51d2e84b60";
const ADMIN_TOKEN = "canary-admin-5d1e8f0a7b6c4930";
const CRON_SECRET = "canary-cron-2b4d6f8091a3c5e7";
const SSO_KEY = "canary-sso-91c4b7d2e6f80a35";
const LOGIN_TOKEN = "canary-login-0c2f9b6e41d87a53";
const CANARIES = [PROVIDER_KEY, ADMIN_TOKEN, CRON_SECRET, SSO_KEY, LOGIN_TOKEN];
/**
 * Counts, so that redaction cannot hide a find: canaries in the environment and command line of every process that the
 * agent sees, and, to show that the hunt sees anything at all, the one token that it may have.
 */
const SEEN = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'";
// The pattern does not match itself, which stands in the hunter's own command line.
const CANARY = "grep -c '[c]anary-'";
/** A read-only sandbox can write no file, so there the pipe is read directly. */
const HUNTS = {
  "read-only": `${SEEN} | ${CANARY} | sed 's/^/canaries /'`,
  "workspace-write": `${SEEN} > seen.txt; echo "canaries $(${CANARY} seen.txt) own $(grep -c ^AGENTRUN_MODEL_TOKEN= seen.txt)"`,
  "danger-full-access": `${SEEN} > seen.txt; echo "canaries $(${CANARY} seen.txt) own $(grep -c ^AGENTRUN_MODEL_TOKEN= seen.txt)"`,
};

/** Where the one token that it may have is seen. */
const CHAT_SANDBOX = "danger-full-access";

/** What a tool sees of the data folder, and how many bytes of what is not its own. */
const dataHunt = (dir: string) =>
  `echo data $(ls ${dir}) $(cat ${dir}/secrets.json ${dir}/pg/PG_VERSION ${dir}/logs/agentrun.log 2>/dev/null | wc -c)`;

/** What it sees of what the machine's person logged in with. */
const loginsHunt = (config: string) =>
  `echo logins $(ls -A ${config}/agentrun | wc -l) $(cat ${config}/agentrun/* 2>/dev/null | ${CANARY})`;

test("no tool of the agent finds a key of ours, in any of codex's sandboxes", async ({ playwright }) => {
  test.setTimeout(240_000);
  await using provider = await RecordingProvider.start({}, { chatting: { wire: "chat" } });
  using sso = new SsoFileOnDisk({
    ...{ issuer: "http://127.0.0.1:9", clientId: "agentrun", keyEnv: "AGENTRUN_SSO_KEY" },
    grants: [{ everyone: true, role: "viewer", tenantId: "*" }],
  });
  using logins = new LoginsOnDisk(LOGIN_TOKEN);
  await using product = await Product.start({
    XDG_CONFIG_HOME: logins.config,
    AGENTRUN_BACKENDS: provider.backendsFile,
    RECORDED_PROVIDER_KEY: PROVIDER_KEY,
    AGENTRUN_ADMIN_TOKEN: ADMIN_TOKEN,
    AGENTRUN_CRON_SECRET: CRON_SECRET,
    AGENTRUN_SSO: sso.path,
    // Named like what every server is given.
    AGENTRUN_SSO_KEY: SSO_KEY,
  });
  const api = await playwright.request.newContext({
    baseURL: product.url,
    extraHTTPHeaders: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  for (const [sandbox, hunt] of Object.entries(HUNTS)) {
    const text = `RUN \`${hunt}\` RUN \`${dataHunt(product.dataDir)}\` RUN \`${loginsHunt(logins.config)}\``;
    const output = await runTurn(api, { profile: "codex", sandbox, text });
    expect(output, sandbox).toContain("canaries 0");
    expect(output, sandbox).toContain("data scratch volumes 0");
    expect(output, sandbox).toContain("logins 0 0");
    // The other two hide every process but the tool's own.
    if (sandbox === "danger-full-access") expect(output, sandbox).toMatch(/own [1-9]/);
  }
  const asked = provider.authorizations.length;
  const chatted = await runTurn(api, {
    profile: "chatting",
    sandbox: CHAT_SANDBOX,
    text: `RUN \`${HUNTS[CHAT_SANDBOX]}\``,
  });
  expect(chatted).toMatch(/canaries 0 own [1-9]/);
  expect(provider.authorizations.length).toBeGreaterThan(asked);
  // A provider that quotes the key tells it to nobody: not to the agent, its events, or the log.
  for (const profile of ["codex", "chatting"]) {
    const refused = await runTurn(api, { profile, sandbox: CHAT_SANDBOX, text: QUOTE_THE_KEY });
    expect(refused, profile).toContain("[redacted] is no key of ours");
  }
  expect(new Set(provider.authorizations)).toEqual(new Set([`Bearer ${PROVIDER_KEY}`]));
  await api.dispose();
  await product.stop();
  expect(findInFiles(product.dataDir)).toEqual([]);
  for (const canary of CANARIES) expect(product.output).not.toContain(canary);
});

/** One turn on a session of its own; returns everything that its events say. */
async function runTurn(
  api: APIRequestContext,
  { profile, sandbox, text }: { profile: string; sandbox: string; text: string },
): Promise<string> {
  const created = await api.post("/api/v1/runs", {
    data: {
      backendProfile: profile,
      sessionRef: { sessionId: `hunt-${randomUUID()}` },
      executionPolicy: { sandbox, approval: "never", idleTimeoutMs: 0 },
    },
  });
  const { id: runId } = await created.json();
  await api.post(`/api/v1/runs/${runId}/commands`, { data: { type: "turn", payload: { text } } });
  const status = async () => (await (await api.get(`/api/v1/runs/${runId}`)).json()).status as string;
  await waitUntil(
    async () => !["pending", "claimed"].includes(await status()),
    `the run of ${profile} in ${sandbox} to end`,
    90_000,
  );
  const events = await (await api.get(`/api/v1/runs/${runId}/events?limit=500`)).text();
  for (const canary of CANARIES) expect(events).not.toContain(canary);
  return events;
}

/** Files of the data folder that hold a canary; the secrets' own file may. Packed segments are looked into. */
function findInFiles(dataDir: string): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "secrets.json")
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => {
      const bytes = readFileSync(file);
      const text =
        bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes).toString("latin1") : bytes.toString("latin1");
      return CANARIES.some((canary) => text.includes(canary));
    });
}

/** A person's folder of configuration, where somebody has logged in. */
class LoginsOnDisk implements Disposable {
  readonly config = mkdtempSync(path.join(tmpdir(), "agentrun-config-"));

  constructor(token: string) {
    const folder = path.join(this.config, "agentrun");
    mkdirSync(folder);
    writeFileSync(
      path.join(folder, "credentials.json"),
      JSON.stringify({ servers: { "http://127.0.0.1": { token } } }),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.config, { recursive: true });
  }
}
