"use client";
import { useEffect, useRef } from "react";
import { cn } from "@/components/ui/class-names";
import { showTricks } from "@/components/ui/hidden-text";
import { printValue } from "@/contract/query/language";
import type { Filter, QueryKey, QueryPage } from "@/contract/query/page";
import { parseQuery } from "@/contract/query/parse";
import { DURATION_VALUES, FLAG_VALUES, SIZE_VALUES } from "@/contract/query/read-value";

export { parseQuery } from "@/contract/query/parse";
export { readQuery } from "@/contract/query/read";

/** What may be written where the caret stands: in place of what stands between `start` and `end`. */
export type Suggestion = { text: string; help: string; start: number; end: number; isWhole: boolean };
/** Values that a page knows of its keys, such as the names of lanes. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;
type Typed = { text: string; caret: number; known: KnownValues };

const SHOWN_MAX = 30;

/** Keys where a word begins, values where a key was written. */
export function suggest<Of extends Filter>(page: QueryPage<Of>, { text, caret, known }: Typed): Suggestion[] {
  const part = parseQuery(text).find(({ start, end }) => start < caret && caret <= end);
  if (part === undefined) return keysFor(page, { start: caret, end: caret, prefix: "" });
  if (text[part.valueAt] === '"') return [];
  if (part.key === null) {
    const start = part.isNot ? part.start + 1 : part.start;
    return keysFor(page, { start, end: part.end, prefix: text.slice(start, caret) });
  }
  const key = page.keys.find(({ name }) => name === part.key?.toLowerCase());
  if (key === undefined) return [];
  const typed = text.slice(part.valueAt, caret).toLowerCase();
  const matching = valuesOf(key, known).filter((value) => value.toLowerCase().includes(typed));
  // What begins with what was typed comes first.
  const sorted = [...matching].sort((one, other) => startOf(one, typed) - startOf(other, typed));
  return sorted.slice(0, SHOWN_MAX).map((value) => ({
    text: printValue(value),
    ...{ help: "", start: part.valueAt, end: part.end, isWhole: true },
  }));
}

type Place = { start: number; end: number; prefix: string };

function keysFor<Of extends Filter>(page: QueryPage<Of>, { start, end, prefix }: Place): Suggestion[] {
  const matching = page.keys.filter(({ name }) => name.startsWith(prefix.toLowerCase()));
  return matching.flatMap((key) =>
    Object.keys(key.fields).map((operator) => ({
      text: `${key.name}${operator}`,
      ...{ help: key.help, start, end, isWhole: false },
    })),
  );
}

function valuesOf(key: QueryKey, known: KnownValues): readonly string[] {
  if (key.kind === "flag") return FLAG_VALUES;
  if (key.kind === "duration") return DURATION_VALUES;
  if (key.kind === "size") return SIZE_VALUES;
  return key.values ?? known[key.name] ?? [];
}

function startOf(value: string, typed: string): number {
  return value.toLowerCase().startsWith(typed) ? 0 : 1;
}

type SuggestionListProps = {
  id: string;
  suggestions: readonly Suggestion[];
  active: number;
  onPick: (suggestion: Suggestion) => void;
};

/** The list below a query. The input keeps the focus, and names the option that is chosen. */
export function SuggestionList({ id, suggestions, active, onPick }: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Some browsers answer with a promise, which is no way to clean up.
    void list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label="Suggestions"
      className="scroll-thin absolute top-full left-0 z-40 mt-1 max-h-64 w-full min-w-56 overflow-y-auto rounded-lg border bg-raised p-1 shadow-pop"
    >
      {suggestions.map((suggestion, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the input keeps the focus, and points here.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the input takes the keys.
        <div
          key={suggestion.text}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          className={cn(
            "flex cursor-default items-baseline gap-3 rounded-md px-2 py-1 text-sm hover:bg-hover max-sm:py-2",
            index === active && "bg-accent-soft",
          )}
          // The input would lose the focus, and with it the list.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(suggestion)}
        >
          <code className="shrink-0 text-xs">{showTricks(suggestion.text)}</code>
          <span className="min-w-0 truncate text-xs text-ink-2">{suggestion.help}</span>
        </div>
      ))}
    </div>
  );
}
