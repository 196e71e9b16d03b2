import { expect, test } from "vitest";
import { safeNext } from "./safe-next";

test("keeps a path of this console unchanged", () => {
  for (const path of ["/", "/runs/run_1?tab=events#e4", "/queue?state=failed&q=a%2Fb", "/r/a%20b?next=//x.example"])
    expect(safeNext(path)).toBe(path);
});

test("no text leads to another site, however a browser parses it", () => {
  const hostile = [
    "//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    "/\\evil.example",
    "/\t\\evil.example",
    "\\\\evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/%2e//evil.example",
    "/./\\evil.example",
    "https://evil.example/",
    "https:evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//",
    "http://[",
    "",
  ];
  for (const next of hostile) {
    const { origin } = new URL(safeNext(next), "https://console.example/sign-in");
    expect([next, origin]).toEqual([next, "https://console.example"]);
  }
  for (const next of [undefined, ["/runs"], "//evil.example", "/\t/evil.example", "/.//evil.example"])
    expect(safeNext(next)).toBe("/");
});
