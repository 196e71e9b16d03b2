import { readFileSync } from "node:fs";
import path from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { NEED_KINDS } from "@/contract/overview";
import { createMetrics } from "@/server/metrics";

type Rule = {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { runbook: string };
};
type Panel = { title: string; targets?: { expr: string }[] };

const read = (file: string) => readFileSync(path.join(import.meta.dirname, file), "utf8");
const operations = read("../../docs/OPERATIONS.md");
const rules = loadYaml<{ groups: { rules: Rule[] }[] }>(read("alerts.yaml")).groups.flatMap(({ rules }) => rules);
const panels = (JSON.parse(read("dashboard.json")) as { panels: Panel[] }).panels;

/** What web serves, by the names under which Prometheus stores it, each with its labels. */
async function servedMetrics(): Promise<Map<string, string[]>> {
  const { registry } = createMetrics();
  const served = new Map<string, string[]>();
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] };
    const isHistogram = String(type) === "histogram";
    for (const suffix of isHistogram ? ["_bucket", "_count", "_sum"] : [""])
      served.set(`${name}${suffix}`, [...labelNames, ...(isHistogram ? ["le"] : [])]);
  }
  return served;
}

/** Each metric that an expression names, with the labels that it selects by. */
function namedMetrics(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b((?:agentrun|nodejs|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)].map(
    ([, name = "", by = ""]) => ({
      name,
      labels: [...by.matchAll(/(\w+)\s*[=!]/g)].map(([, label = ""]) => label),
    }),
  );
}

test("alerts and dashboard use metrics and labels that web serves", async () => {
  const served = await servedMetrics();
  const exprs = [
    ...rules.map(({ expr }) => expr),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ];
  const named = exprs.flatMap(namedMetrics);
  expect(named.length).toBeGreaterThan(40);
  for (const { name, labels } of named) {
    expect([...served.keys()]).toContain(name);
    for (const label of labels) expect(served.get(name), `${name} by ${label}`).toContain(label);
  }
  const grouped = exprs.flatMap((expr) => [...expr.matchAll(/by \(([^)]*)\)[^a-z]*(?:\w+\()*((?:agentrun)_\w+)/g)]);
  for (const [, by = "", name = ""] of grouped)
    for (const label of by.split(/,\s*/).filter((label) => label !== "instance"))
      expect(served.get(name), `${name} by ${label}`).toContain(label);
});

test("alerts about open needs name existing kinds", () => {
  const kinds = rules.flatMap(({ expr }) =>
    [...expr.matchAll(/kind=~?"([^"]+)"/g)].flatMap(([, kinds = ""]) => kinds.split("|")),
  );
  expect(kinds.length).toBeGreaterThan(5);
  expect(kinds.filter((kind) => !(NEED_KINDS as readonly string[]).includes(kind))).toEqual([]);
});

test("each alert says what to do, and each section belongs to an alert", () => {
  for (const { alert, annotations } of rules)
    expect(annotations.runbook).toBe(`docs/OPERATIONS.md#${alert.toLowerCase()}`);
  const sections = [...operations.matchAll(/^### (AgentRun\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(rules.map(({ alert }) => alert));
});

test("the operations guide lists every metric of AgentRun's own", async () => {
  const names = [...(await servedMetrics()).keys()]
    .filter((name) => name.startsWith("agentrun_"))
    .map((name) => name.replace(/_seconds_(bucket|count|sum)$/, "_seconds"));
  const listed = new Set([...operations.matchAll(/`(agentrun_\w+)`/g)].map(([, name]) => name));
  expect([...new Set(names)].filter((name) => !listed.has(name))).toEqual([]);
  expect([...listed].filter((name) => !names.includes(name ?? ""))).toEqual([]);
});
