import type { DocHeading } from "@/contract/docs";

export type Section = { heading: DocHeading | null; text: string };
export type ParsedDoc = { title: string; sections: Section[] };

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const FENCE = /^\s*(```|~~~)/;

/** Returns a document's title and its sections, each with the anchor for links. */
export function parseDoc(text: string): ParsedDoc {
  const sections: Section[] = [{ heading: null, text: "" }];
  const anchors = new Map<string, number>();
  let title = "";
  let fence: string | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined && (fence === null || fence === mark)) fence = fence === null ? mark : null;
    const found = fence === null ? HEADING.exec(line) : null;
    const level = found?.[1]?.length ?? 0;
    const words = plainText(found?.[2] ?? "");
    if (level === 1 && title === "") {
      title = words;
      continue;
    }
    if (found) {
      const anchor = anchorOf(words, anchors);
      sections.push({ heading: { text: words, level, anchor, line: index + 1 }, text: "" });
    }
    const section = sections.at(-1);
    if (section && !found) section.text += `${line}\n`;
  }
  return { title, sections };
}

/**
 * Makes an anchor as GitHub does: lower case, no punctuation, hyphens for spaces, and a number from the second
 * occurrence on.
 */
function anchorOf(words: string, usedAnchors: Map<string, number>): string {
  const anchor = words
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
  const before = usedAnchors.get(anchor) ?? 0;
  usedAnchors.set(anchor, before + 1);
  return before === 0 ? anchor : `${anchor}-${before}`;
}

/** Returns what a reader sees of a line of Markdown. */
export function plainText(markdown: string): string {
  return markdown
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "")
    .trim();
}
