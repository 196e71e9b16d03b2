"use client";
import { useEffect, useRef } from "react";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { printKey, printValue } from "@/contract/query/language";
import type { Filter, QueryKey, QueryPage } from "@/contract/query/page";
import { parseQuery } from "@/contract/query/parse";
import { DURATION_VALUES, FLAG_VALUES, SIZE_VALUES } from "@/contract/query/read-value";

export { parseQuery } from "@/contract/query/parse";
export { readQuery } from "@/contract/query/read";

/** What may be written where the caret stands: in place of what stands between `start` and `end`. */
export type Suggestion = { text: string; help: string; start: number; end: number; isWhole: boolean };
/** Values that a page knows of its keys, such as the names of lanes. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;
/** The rows that are loaded, where they have metadata. */
export type SeenRows = readonly { metadata: Readonly<Record<string, unknown>> }[];
type Typed = { text: string; caret: number; knownValues: KnownValues; rows: SeenRows };

const SHOWN_MAX = 30;

/** Keys where a word begins, values where a key was written. */
export function suggest<Of extends Filter>(
  page: QueryPage<Of>,
  { text, caret, knownValues, rows }: Typed,
): Suggestion[] {
  const condition = parseQuery(text).find(({ start, end }) => start < caret && caret <= end);
  if (condition === undefined) return keysFor(page, { start: caret, end: caret, prefix: "" });
  if (text[condition.valueAt] === '"') return [];
  if (condition.key === null) {
    const start = condition.isNot ? condition.start + 1 : condition.start;
    const range = { start, end: condition.end, prefix: text.slice(start, caret) };
    return [...keysFor(page, range), ...namesFor(page, range, rows)];
  }
  const key = page.keys.find(({ name }) => name === condition.key?.toLowerCase());
  if (key === undefined) return [];
  const typed = text.slice(condition.valueAt, caret).toLowerCase();
  const values = condition.of === undefined ? valuesOf(key, knownValues) : valuesUnder(condition.of, rows);
  return bestOf(values, typed).map((value) => ({
    text: printValue(value),
    ...{ help: "", start: condition.valueAt, end: condition.end, isWhole: true },
  }));
}

type TextRange = { start: number; end: number; prefix: string };

function keysFor<Of extends Filter>(page: QueryPage<Of>, { start, end, prefix }: TextRange): Suggestion[] {
  const matching = page.keys.filter(({ name }) => name.startsWith(prefix.toLowerCase()));
  return matching.flatMap((key) =>
    Object.keys(key.fields).map((operator) => ({
      text: `${key.name}${key.kind === "pairs" ? "." : operator}`,
      ...{ help: key.help, start, end, isWhole: false },
    })),
  );
}

/** Where the name behind a key's dot is being written: the names that the loaded rows have. */
function namesFor<Of extends Filter>(page: QueryPage<Of>, { start, end, prefix }: TextRange, rows: SeenRows) {
  const dot = prefix.indexOf(".");
  const key = page.keys.find(({ name, kind }) => kind === "pairs" && name === prefix.slice(0, dot).toLowerCase());
  if (key === undefined) return [];
  const typed = prefix
    .slice(dot + 1)
    .replace(/^"/, "")
    .toLowerCase();
  const names = new Set(rows.flatMap(({ metadata }) => Object.keys(metadata)));
  return bestOf([...names].sort(), typed).map((name) => ({
    text: `${printKey(key.name, name)}:`,
    ...{ help: "", start, end, isWhole: false },
  }));
}

/** What the loaded rows have under a name, as it is typed. */
function valuesUnder(name: string, rows: SeenRows): string[] {
  const values = rows.flatMap(({ metadata }) => (Object.hasOwn(metadata, name) ? [metadata[name]] : []));
  const typed = values.filter((value) => value === null || typeof value !== "object").map(String);
  return [...new Set(typed)].filter((value) => value !== "").sort();
}

/** Those that have what was typed, first those that begin with it. */
function bestOf(values: readonly string[], typed: string): string[] {
  const matching = values.filter((value) => value.toLowerCase().includes(typed));
  return matching.sort((one, other) => startOf(one, typed) - startOf(other, typed)).slice(0, SHOWN_MAX);
}

function valuesOf(key: QueryKey, knownValues: KnownValues): readonly string[] {
  if (key.kind === "flag") return FLAG_VALUES;
  if (key.kind === "duration") return DURATION_VALUES;
  if (key.kind === "size") return SIZE_VALUES;
  return key.values ?? knownValues[key.name] ?? [];
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
          <code className="shrink-0 text-xs">{revealHidden(suggestion.text)}</code>
          <span className="min-w-0 truncate text-xs text-ink-2">{suggestion.help}</span>
        </div>
      ))}
    </div>
  );
}
