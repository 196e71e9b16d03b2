import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { SsoFile, SsoGrant } from "@/contract/sso";

const text = readFileSync(path.resolve("docs/SIGN-IN.md"), "utf8");

test("the documented file and each documented grant are valid", () => {
  const files = [...text.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
  expect(files).toHaveLength(1);
  for (const file of files) expect(SsoFile.safeParse(JSON.parse(file)).error).toBeUndefined();
  const grants = [...text.matchAll(/`("claim": [^`]+)`/g)].map(([, fields]) => JSON.parse(`{${fields}}`));
  expect(grants.length).toBeGreaterThanOrEqual(5);
  for (const grant of grants)
    expect([grant, SsoGrant.safeParse({ ...grant, role: "viewer", tenantId: "*" }).error]).toEqual([grant, undefined]);
});

test("every field of the file is documented", () => {
  for (const field of Object.keys(SsoFile.shape)) expect([field, text.includes(`\`${field}\``)]).toEqual([field, true]);
});
