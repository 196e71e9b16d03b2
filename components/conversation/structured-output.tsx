"use client";
import { Braces } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { FoldBox } from "./fold-box";

/** More lines than these are folded away until they are wanted. */
const LINES_OPEN = 30;
const LINES_SHOWN = 400;

/** What a turn answered by its schema, as JSON that can be read and copied. */
export function StructuredOutput({ output }: { output: Record<string, unknown> }) {
  const [isWhole, setIsWhole] = useState(false);
  const text = JSON.stringify(output, null, 2);
  const lines = text.split("\n");
  const hiddenCount = isWhole ? 0 : Math.max(0, lines.length - LINES_SHOWN);
  return (
    <FoldBox
      isOpen={lines.length <= LINES_OPEN}
      summary={
        <>
          <Braces aria-hidden className="size-3.5" /> Structured result
          {lines.length > LINES_OPEN && (
            <span className="ml-auto text-ink-3">{formatPlural(lines.length, "line")}</span>
          )}
        </>
      }
    >
      <div className="relative bg-code">
        <ScrollRegion label="Structured result" className="max-h-80 px-3 py-2">
          <pre className="pr-6 text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
            {revealHidden(lines.slice(0, lines.length - hiddenCount).join("\n"))}
          </pre>
          {hiddenCount > 0 && (
            <Button variant="ghost" size="sm" className="mt-1" onClick={() => setIsWhole(true)}>
              Show {formatPlural(hiddenCount, "more line")}
            </Button>
          )}
        </ScrollRegion>
        <span className="absolute top-1.5 right-2">
          <CopyButton text={text} label="Copy result" />
        </span>
      </div>
    </FoldBox>
  );
}
