import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Markdown, safeHref } from "./markdown";

const render = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

test("shows an agent's raw HTML as text", () => {
  const html = render("hi <script>alert(1)</script> <img src=x onerror=alert(1)> <b>bold</b>");
  expect(html).not.toMatch(/<script|<img|<b>/);
  expect(html).toContain("&lt;b&gt;");
});

test("names images without loading them", () => {
  const html = render("![secret](https://evil.example/p.png)");
  expect(html).not.toContain("<img");
  expect(html).toContain("[picture: secret]");
});

test("links only allowed schemes, in a new tab", () => {
  expect(render("[x](javascript:alert(1)) [y](data:text/html,hi) [z](/relative)")).not.toContain("<a");
  expect(render("[docs](https://example.com/a)")).toContain('rel="noopener noreferrer nofollow"');
  expect(safeHref("JaVaScRiPt:alert(1)")).toBeNull();
  expect(safeHref("mailto:a@b.c")).toBe("mailto:a@b.c");
});
