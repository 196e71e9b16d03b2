import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { type Identity, IdentityProvider } from "@/components/shell/identity";
import { ApiProvider } from "@/components/trpc/client";
import type { Backend } from "@/contract/backend";
import { BackendCard } from "./backend-card";

const BACKEND: Backend = {
  ...{ profile: "codex", capabilities: {}, capacity: { maxRunning: 4 }, updatedAt: new Date(0).toISOString() },
  health: { status: "limited", downUntil: new Date(Date.now() + 3_600_000).toISOString() },
  ...{ isDemo: false, model: "m1", isConfigured: true, wire: "responses", baseUrl: null, disabled: null, probe: null },
  key: { source: "none", isPresent: false, since: null },
  ...{ tasks: { running: 1, waiting: 2 }, otherTurns: 2 },
};

function render(backend: Backend, identity: Identity): string {
  return renderToStaticMarkup(
    <ApiProvider>
      <IdentityProvider identity={identity}>
        <BackendCard backend={backend} usage={undefined} within="24h" />
      </IdentityProvider>
    </ApiProvider>,
  );
}

test.each([
  ["an administrator of every tenant", "admin", null, ["Test now", "Resume", "Switch off"]],
  ["an administrator of one tenant", "admin", "acme", ["Test now"]],
  ["an operator", "operator", null, ["Test now"]],
  ["a viewer", "viewer", null, []],
] as const)("offers %s only the actions that the server accepts", (_who, role, tenantId, offered) => {
  const html = render(BACKEND, { name: "somebody", role, tenantId });
  const buttons = [...html.matchAll(/<button[^>]*>(.*?)<\/button>/g)].map(([, inner = ""]) =>
    inner.replace(/<[^>]*>/g, "").trim(),
  );
  for (const name of ["Test now", "Resume", "Switch off"])
    expect([name, buttons.some((button) => button.startsWith(name))]).toEqual([
      name,
      (offered as readonly string[]).includes(name),
    ]);
  expect(html).toContain("Limit reached");
  // The limit is of turns, whoever asked for them.
  expect(html).toContain("3 of 4 slots in use: 1 task running and 2 turns of other runs. Waiting work uses none.");
});

test("reveals hidden characters in a provider's model names", () => {
  const probe = { at: BACKEND.updatedAt, isOk: true, message: "it answers", latencyMs: 5, status: 200, failures: 0 };
  const html = render(
    { ...BACKEND, probe: { ...probe, models: ["m1\u202e"] } },
    { name: "somebody", role: "viewer", tenantId: null },
  );
  expect(html).toContain("m1\\u{202e}");
});
