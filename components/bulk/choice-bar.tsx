"use client";
import {
  Ban,
  CalendarPlus,
  ChevronsUp,
  CirclePause,
  CirclePlay,
  CircleSlash,
  FolderInput,
  HardDriveDownload,
  Mail,
  MailOpen,
  OctagonPause,
  Pin,
  PinOff,
  RotateCw,
  ShieldOff,
  Trash2,
  X,
} from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { formatPlural, sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { BulkKind, BulkVerb } from "@/contract/words";
import { RECORD_NOUNS, verbsOf } from "./verbs";

const ICONS: Record<BulkVerb, typeof Ban> = {
  cancel: Ban,
  retry: RotateCw,
  reprioritise: ChevronsUp,
  move: FolderInput,
  read: MailOpen,
  unread: Mail,
  interrupt: OctagonPause,
  extend: CalendarPlus,
  pin: Pin,
  unpin: PinOff,
  evict: HardDriveDownload,
  delete: Trash2,
  deny: CircleSlash,
  drain: CirclePause,
  resume: CirclePlay,
  revoke: ShieldOff,
};

type ChoiceBarProps = {
  kind: BulkKind;
  count: number;
  isAllMatching: boolean;
  /** How many match, where all are chosen or could be; null while nobody knows. */
  matching: number | null;
  /** Whether all that are shown are chosen, and there are or may be more. */
  hasMore: boolean;
  filterText: string;
  canDo: (verb: BulkVerb) => boolean;
  onAll: () => void;
  onClear: () => void;
  onAct: (verb: BulkVerb) => void;
  /** What else can be done with them, beside what is done to each. */
  more?: ReactNode;
};

/** What can be done to those that are chosen. */
export function ChoiceBar({ kind, count, isAllMatching, matching, hasMore, filterText, more, ...on }: ChoiceBarProps) {
  const all = matching === null ? "all" : `all ${matching.toLocaleString("en")}`;
  return (
    <div
      role="toolbar"
      aria-label={`Selected ${RECORD_NOUNS[kind]}s`}
      className="flex flex-wrap items-center gap-2 border-t bg-accent-soft px-4 py-1.5 lg:px-6"
    >
      <span role="status" className="text-xs font-medium">
        {isAllMatching
          ? revealHidden(sentence(`${all} matching: ${filterText}`))
          : `${formatPlural(count, RECORD_NOUNS[kind])} selected`}
      </span>
      {!isAllMatching && hasMore && (
        <Button size="sm" variant="ghost" className="text-accent" onClick={on.onAll}>
          Select {all} matching
        </Button>
      )}
      <span className="ml-auto flex flex-wrap items-center gap-1">
        {verbsOf(kind)
          .filter(([verb]) => on.canDo(verb))
          .map(([verb, { name, isAtOnce }]) => {
            const Icon = ICONS[verb];
            return (
              <Button key={verb} size="sm" onClick={() => on.onAct(verb)}>
                <Icon aria-hidden className="size-3.5" /> {isAtOnce === true ? name : `${name}…`}
              </Button>
            );
          })}
        {more}
        <Button size="icon-sm" variant="ghost" aria-label="Clear selection" onClick={on.onClear}>
          <X aria-hidden className="size-4" />
        </Button>
      </span>
    </div>
  );
}
