"use client";
import { Ban, ChevronsUp, FolderInput, RotateCw, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { formatPlural } from "@/components/ui/format";
import type { BulkAction } from "@/contract/queue-bulk";

const ACTS: { verb: BulkAction["action"]; name: string; icon: ReactNode }[] = [
  { verb: "cancel", name: "Cancel…", icon: <Ban aria-hidden className="size-3.5" /> },
  { verb: "retry", name: "Retry…", icon: <RotateCw aria-hidden className="size-3.5" /> },
  { verb: "reprioritise", name: "Priority…", icon: <ChevronsUp aria-hidden className="size-3.5" /> },
  { verb: "move", name: "Move…", icon: <FolderInput aria-hidden className="size-3.5" /> },
];

type ChoiceBarProps = {
  count: number;
  isAllMatching: boolean;
  /** Said where all that are shown are chosen, and there are or may be more. */
  offer: string | null;
  words: string;
  onAll: () => void;
  onClear: () => void;
  onAct: (verb: BulkAction["action"]) => void;
};

/** What can be done to the tasks that are chosen. */
export function ChoiceBar({ count, isAllMatching, offer, words, onAll, onClear, onAct }: ChoiceBarProps) {
  return (
    <div
      role="toolbar"
      aria-label="Chosen tasks"
      className="flex flex-wrap items-center gap-2 border-t bg-accent-soft px-4 py-1.5 lg:px-6"
    >
      <span role="status" className="text-xs font-medium">
        {isAllMatching ? `All that match: ${words}` : `${formatPlural(count, "task")} chosen`}
      </span>
      {!isAllMatching && offer !== null && (
        <Button size="sm" look="ghost" className="text-accent" onClick={onAll}>
          {offer}
        </Button>
      )}
      <span className="ml-auto flex flex-wrap items-center gap-1">
        {ACTS.map(({ verb, name, icon }) => (
          <Button key={verb} size="sm" onClick={() => onAct(verb)}>
            {icon} {name}
          </Button>
        ))}
        <Button size="icon-sm" look="ghost" aria-label="Choose none" onClick={onClear}>
          <X aria-hidden className="size-4" />
        </Button>
      </span>
    </div>
  );
}
