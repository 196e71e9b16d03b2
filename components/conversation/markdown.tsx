import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { revealHidden } from "@/components/ui/hidden-characters";

const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const PLUGINS = [remarkGfm];

/** Addresses that an agent's text may link to; everything else stays text. */
export function safeHref(url: string): string | null {
  try {
    const parsed = new URL(url);
    return SCHEMES.has(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

const COMPONENTS: Components = {
  a: ({ href, children }) => {
    const safe = href === undefined ? null : safeHref(href);
    if (safe === null) return <span>{children}</span>;
    return (
      <a href={safe} target="_blank" rel="noopener noreferrer nofollow" title={safe}>
        {children}
      </a>
    );
  },
  // A picture would tell its host who reads this and when.
  img: ({ alt, src }) => <span className="text-ink-3">[picture: {alt || (typeof src === "string" ? src : "")}]</span>,
  pre: ({ children }) => (
    // Scrollable, so it has to be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region needs the focus to be scrolled by keys.
    <pre tabIndex={0}>{children}</pre>
  ),
  // The page has one h1 of its own; an agent's headings start below it.
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5 className="font-semibold">{children}</h5>,
  h4: ({ children }) => <h6 className="font-semibold">{children}</h6>,
  h5: ({ children }) => <h6 className="font-semibold">{children}</h6>,
  input: ({ checked }) => <span>{checked === true ? "☑ " : "☐ "}</span>,
};

type MarkdownProps = {
  text: string;
  /** What stands in for how an agent's text is shown. */
  components?: Components;
};

/** An agent's markdown: no raw HTML, no pictures, links to allowed schemes only. */
export const Markdown = memo(function Markdown({ text, components }: MarkdownProps) {
  const shown = components === undefined ? COMPONENTS : { ...COMPONENTS, ...components };
  return (
    <div className="prose-agent">
      <ReactMarkdown remarkPlugins={PLUGINS} components={shown} skipHtml={false} urlTransform={(url) => url}>
        {revealHidden(text)}
      </ReactMarkdown>
    </div>
  );
});
