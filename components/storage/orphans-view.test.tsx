import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { IdentityProvider } from "@/components/shell/identity";
import { OrphansView } from "./orphans-view";

test.each([
  ["a viewer", "viewer", null],
  ["an operator", "operator", null],
  ["an administrator of one tenant", "admin", "acme"],
])("tells %s that orphans need an administrator of all tenants, without a request", (_, role, tenantId) => {
  const html = renderToStaticMarkup(
    <IdentityProvider identity={{ name: "somebody", role, tenantId }}>
      <OrphansView />
    </IdentityProvider>,
  );
  expect(html).toContain("Administrators only");
});
