import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { StorageSummary } from "@/contract/storage";
import { BytesChart } from "./bytes-chart";

const session = (title: string, projectId: string, tenantId = "acme") =>
  ({ sessionId: title, title, tenantId, projectId, sizeBytes: 10 }) as StorageSummary;
const project = (projectId: string, tenantId = "acme") => ({ tenantId, projectId, volumes: 1, bytes: 10 });

/** The sessions that are listed below the chosen bar. */
function listedUnder(projects: ReturnType<typeof project>[], tenant: string | null): string[] {
  const sessions = [session("in the shop", "shop"), session("in the docs", "docs"), session("of zeta", "shop", "zeta")];
  const html = renderToStaticMarkup(
    <BytesChart
      projects={projects}
      largest={sessions}
      chosenLargest={sessions}
      scope={{ tenant, project: "shop" }}
      onChange={() => {}}
    />,
  );
  return [...html.matchAll(/<a [^>]*title="([^"]*)"/g)].map(([, title]) => title ?? "");
}

test("a chosen project lists only its own sessions, also before they are loaded", () => {
  expect(listedUnder([project("shop"), project("docs")], null)).toEqual(["in the shop"]);
  expect(listedUnder([project("shop"), project("shop", "zeta")], "zeta")).toEqual(["of zeta"]);
});
