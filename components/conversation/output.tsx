"use client";
import { stripAnsi } from "fancy-ansi";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy";
import { formatPlural } from "@/components/ui/format";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { AnsiText } from "./ansi-text";

const LINES_SHOWN = 200;

type OutputProps = { text: string; label: string; isLive?: boolean; note?: string | null };

/** What a command printed. Long output shows its end first, where the reason for a failure stands. */
export function Output({ text, label, isLive, note }: OutputProps) {
  const [isWhole, setIsWhole] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = text.split("\n");
  const hiddenCount = isWhole ? 0 : Math.max(0, lines.length - LINES_SHOWN);
  const shown = hiddenCount === 0 ? text : lines.slice(hiddenCount).join("\n");

  // biome-ignore lint/correctness/useExhaustiveDependencies: new text is what moves the end.
  useEffect(() => {
    if (isLive && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [isLive, shown]);

  return (
    <div className="relative bg-code">
      <ScrollRegion ref={scroller} label={label} className="max-h-80 px-3 py-2">
        {hiddenCount > 0 && (
          <Button variant="ghost" size="sm" className="mb-1" onClick={() => setIsWhole(true)}>
            Show {formatPlural(hiddenCount, "earlier line")}
          </Button>
        )}
        <pre className="text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
          <AnsiText text={shown} />
        </pre>
        {note !== undefined && note !== null && <p className="mt-1 text-xs text-ink-3">{note}</p>}
      </ScrollRegion>
      <span className="absolute top-1.5 right-2">
        <CopyButton text={() => stripAnsi(text)} label="Copy output" />
      </span>
    </div>
  );
}
