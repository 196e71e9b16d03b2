import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { testContext } from "@/server/test/context";
import { getDoc, listDocs, searchDocs } from ".";
import { parseDoc } from "./parse";

test("headings get the anchors that links use, whatever a code block contains", () => {
  const { title, sections } = parseDoc(
    "# A `title`\n\nIntro.\n\n## Two words, and more\ntext\n```sh\n# no heading\n```\n### Again\n### Again\n## [A link](x.md)\n",
  );
  expect(title).toBe("A title");
  expect(sections.map(({ heading }) => heading)).toEqual([
    null,
    { text: "Two words, and more", level: 2, anchor: "two-words-and-more", line: 5 },
    { text: "Again", level: 3, anchor: "again", line: 10 },
    { text: "Again", level: 3, anchor: "again-1", line: 11 },
    { text: "A link", level: 2, anchor: "a-link", line: 12 },
  ]);
  expect(sections[1]?.text).toContain("# no heading");
});

test("every document has a title, and every link between documents leads to an existing heading", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { items } = listDocs(ctx);
  expect(items[0]?.name).toBe("architecture");
  const anchors = new Map(items.map(({ name, headings }) => [name, new Set(headings.map(({ anchor }) => anchor))]));
  const broken: string[] = [];
  for (const { name, title } of items) {
    expect(title, name).not.toBe("");
    for (const [, file = "", anchor] of getDoc(ctx, { name }).text.matchAll(/\]\(([A-Z]+)\.md(?:#([^)]*))?\)/g)) {
      const found = anchors.get(file.toLowerCase());
      if (!found || (anchor !== undefined && !found.has(anchor))) broken.push(`${name}: ${file}#${anchor}`);
    }
  }
  expect(broken).toEqual([]);
  expect(() => getDoc(ctx, { name: "no-such" })).toThrow("no-such");
});

test("a search finds sections by text and headings, with an excerpt", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { items } = searchDocs(ctx, { search: "one LOCK order" });
  expect(items[0]).toMatchObject({ name: "architecture", heading: "One lock order", anchor: "one-lock-order" });
  const told = searchDocs(ctx, { search: "AGENTRUN_LEASE_MS" }).items;
  expect(told.map(({ name }) => name)).toContain("configuration");
  expect(told.find(({ name }) => name === "configuration")?.excerpt).toContain("AGENTRUN_LEASE_MS");
  expect(searchDocs(ctx, { search: "  " }).items).toEqual([]);
  expect(searchDocs(ctx, { search: "e" }).isPartial).toBe(true);
});
