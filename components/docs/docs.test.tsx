import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { DocText } from "./doc-text";
import { docLink } from "./links";

const NAMES = new Set(["queue", "adr-index"]);

test("links between documents stay in the console, and missing targets are no links", () => {
  expect(docLink("QUEUE.md", NAMES)).toEqual({ href: "/docs/queue", isOutside: false });
  expect(docLink("./ADR_INDEX.md#a-b", NAMES)).toEqual({ href: "/docs/adr-index#a-b", isOutside: false });
  expect(docLink("#lanes", NAMES)).toEqual({ href: "#lanes", isOutside: false });
  expect(docLink("https://example.com/x", NAMES)).toEqual({ href: "https://example.com/x", isOutside: true });
  for (const href of ["../LICENSE", "NONE.md", "javascript:alert(1)", "//evil.example", ""])
    expect([href, docLink(href, NAMES)]).toEqual([href, null]);
});

test("pages link to existing documents and sections", () => {
  const root = path.resolve(import.meta.dirname, "../..");
  const docs = readdirSync(path.join(root, "docs")).filter((file) => file.endsWith(".md"));
  const knownNames = docs.map((file) => file.slice(0, -3).toLowerCase());
  const pages = readdirSync(path.join(root, "components"), { recursive: true, encoding: "utf8" });
  const links = pages
    .filter((file) => file.endsWith(".tsx") && !file.includes(".test."))
    .flatMap((file) => [
      ...readFileSync(path.join(root, "components", file), "utf8").matchAll(
        /<DocLink name="([^"]*)"(?: anchor="([^"]*)")?/g,
      ),
    ]);
  expect(links.length).toBeGreaterThan(4);
  for (const [, name = "", anchor] of links) {
    expect(knownNames).toContain(name);
    const text = readFileSync(path.join(root, "docs", `${name.toUpperCase()}.md`), "utf8");
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, words = ""]) => words.toLowerCase().replaceAll(" ", "-"));
    if (anchor !== undefined) expect(anchors).toContain(anchor);
  }
});

test("a section has its anchor, the title is the page's, and raw HTML stays text", () => {
  const text = "# Title\n\n## One part\n\n<b onclick=x>hi</b> [Q](QUEUE.md)\n";
  const headings = [{ text: "One part", anchor: "one-part", level: 2, line: 3 }];
  const html = renderToStaticMarkup(<DocText doc={{ name: "x", title: "Title", headings, text }} names={["queue"]} />);
  expect(html).toContain('<h2 id="one-part"');
  expect(html).toContain('href="/docs/queue"');
  expect(html).not.toMatch(/<b |Title/);
  expect(html).toContain("&lt;b onclick");
});
