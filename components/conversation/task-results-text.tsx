import { CornerDownRight } from "lucide-react";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { FoldBox } from "./fold-box";

const NAME = "Results of earlier tasks";

/** What AgentRun put behind a task's text: what the tasks that it comes after found out. */
export function TaskResultsText({ text }: { text: string }) {
  return (
    <FoldBox
      className="w-full max-w-[88%]"
      summary={
        <>
          <CornerDownRight aria-hidden className="size-3.5 shrink-0" />
          <span className="min-w-0 truncate">{NAME}</span>
          <span className="ml-auto shrink-0 text-ink-3">{formatPlural(text.split("\n").length, "line")}</span>
        </>
      }
    >
      <ScrollRegion label={NAME} className="max-h-80 bg-code px-3 py-2">
        <pre className="text-xs leading-5 wrap-anywhere whitespace-pre-wrap">{revealHidden(text)}</pre>
      </ScrollRegion>
    </FoldBox>
  );
}
