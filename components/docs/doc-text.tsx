import { Link as LinkIcon } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import type { Components } from "react-markdown";
import { Markdown } from "@/components/conversation/markdown";
import { OverflowBox } from "@/components/ui/overflow-box";
import type { Doc } from "@/contract/docs";
import { docLink } from "./links";

type Node = { position?: { start: { line: number } } };
type HeadingProps = { node?: Node; children?: ReactNode };
type HeadingTag = "h2" | "h3" | "h4";

/** A document: its sections can be linked to, and its links between documents stay in the console. */
export function DocText({ doc, names }: { doc: Doc; names: readonly string[] }) {
  const anchors = new Map(doc.headings.map(({ line, anchor }) => [line, anchor]));
  const knownNames = new Set(names);
  const heading = (Tag: HeadingTag) =>
    function Heading({ node, children }: HeadingProps) {
      const anchor = anchors.get(node?.position?.start.line ?? 0);
      return (
        <Tag id={anchor} className="group scroll-mt-4">
          {children}
          {anchor !== undefined && (
            <a
              href={`#${anchor}`}
              aria-label="Link to this section"
              className="ml-1.5 inline-block opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
            >
              <LinkIcon aria-hidden className="size-3" />
            </a>
          )}
        </Tag>
      );
    };
  const components: Components = {
    // The page itself is named by it.
    h1: () => null,
    h2: heading("h2"),
    h3: heading("h3"),
    h4: heading("h4"),
    a: ({ href, children }) => {
      const link = docLink(href ?? "", knownNames);
      if (link === null) return <span>{children}</span>;
      if (!link.isOutside) return <Link href={link.href}>{children}</Link>;
      return (
        <a href={link.href} target="_blank" rel="noopener noreferrer nofollow">
          {children}
        </a>
      );
    },
    table: ({ children }) => (
      <OverflowBox label="Table, scrollable">
        <table>{children}</table>
      </OverflowBox>
    ),
  };
  return (
    <article className="prose-doc max-w-3xl">
      <Markdown text={doc.text} components={components} />
    </article>
  );
}
