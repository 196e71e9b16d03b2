import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { IdentityProvider } from "@/components/shell/identity";
import { OrphansView } from "./orphans-view";

test.each([
  ["a viewer", "viewer", null],
  ["an operator", "operator", null],
  ["an administrator of one tenant", "admin", "acme"],
])(
  "%s is told that orphans are for administrators of the whole, and asks the server for nothing",
  (_, role, tenantId) => {
    const html = renderToStaticMarkup(
      <IdentityProvider identity={{ name: "somebody", role, tenantId }}>
        <OrphansView />
      </IdentityProvider>,
    );
    expect(html).toContain("Administrators only");
  },
);
