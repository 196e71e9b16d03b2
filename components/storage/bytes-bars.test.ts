import { expect, test } from "vitest";
import { projectBars } from "./bytes-bars";

const project = (projectId: string, bytes: number, tenantId = "acme") => ({ tenantId, projectId, volumes: 1, bytes });
const session = (sessionId: string, sizeBytes: number | null, projectId = "shop") => ({
  sessionId,
  title: sessionId,
  tenantId: "acme",
  projectId,
  sizeBytes,
});

test("a bar is proportional to its project's size, with parts that fill it", () => {
  const { bars, hasTenants } = projectBars(
    [project("shop", 1_000), project("docs", 250)],
    [session("b", 200), session("a", 700)],
  );
  const [shop, docs] = bars;
  expect(hasTenants).toBe(false);
  expect(shop).toMatchObject({ name: "shop", length: 1, share: 0.8 });
  expect(docs).toMatchObject({ length: 0.25, share: 0.2 });
  expect(shop?.parts.map(({ key, bytes }) => [key, bytes])).toEqual([
    ["a", 700],
    ["b", 200],
    ["rest", 100],
  ]);
  expect(docs?.parts).toMatchObject([{ key: "rest", share: 1 }]);
});

test("parts never exceed their project, whatever was measured later", () => {
  const { bars } = projectBars([project("shop", 1_000)], [session("a", 900), session("b", 500), session("c", null)]);
  const [bar] = bars;
  expect(bar?.parts.map(({ bytes }) => bytes)).toEqual([900, 100]);
  expect(bar?.parts.some(({ isRest }) => isRest)).toBe(false);
});

test("merges tiny parts into the rest, and draws nothing for zero", () => {
  const projects = [project("shop", 10_000), project("docs", 1_000), project("new", 0)];
  const small = Array.from({ length: 20 }, (_, index) => session(`s${index}`, 10, "docs"));
  const { bars } = projectBars(projects, [session("a", 9_990), session("b", 10), ...small]);
  const [bar, many, empty] = bars;
  expect(bar?.parts.map(({ key }) => key)).toEqual(["a"]);
  expect(many?.parts).toMatchObject([{ key: "rest", bytes: 1_000 }]);
  expect(empty).toMatchObject({ length: 0, share: 0, parts: [] });
});

test("names tenants when there are several", () => {
  const { bars, hasTenants } = projectBars([project("shop", 1), project("shop", 1, "zeta")], []);
  expect(bars.map(({ name }) => name)).toEqual(["acme / shop", "zeta / shop"]);
  expect(hasTenants).toBe(true);
});
