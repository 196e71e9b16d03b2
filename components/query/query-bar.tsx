"use client";
import { ListFilter } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { toastProblem } from "@/components/ui/error/error-toast";
import { Input } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Part, QUERY_MAX } from "@/contract/query/language";
import { type Filter, printFilter, type QueryPage } from "@/contract/query/page";
import type { Problem } from "@/contract/query/read";
import type { KnownValues, SeenRows, Suggestion } from "./suggestions";

const TYPING_MS = 200;
const NO_KNOWN_VALUES: KnownValues = {};
const NO_ROWS: SeenRows = [];

type QueryBarProps<Of extends Filter> = {
  page: QueryPage<Of>;
  filter: Of;
  label: string;
  placeholder: string;
  knownValues?: KnownValues;
  rows?: SeenRows;
  onChange: (change: Partial<Of>) => void;
};

/**
 * The filter as text. The filter is what counts: text that says nothing else is left as it was typed, and what is typed
 * is taken once it is whole and understood.
 */
export function QueryBar<Of extends Filter>(props: QueryBarProps<Of>) {
  const { page, label, placeholder, knownValues = NO_KNOWN_VALUES, rows = NO_ROWS } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const parts = useParts();
  const {
    typed,
    caret,
    setCaret,
    problems,
    isCommitted,
    edit: setTyped,
    commit,
  } = useTyped(props, input, parts.loaded);
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const suggestions =
    isOpen && parts.loaded !== null && caret !== null
      ? parts.loaded.suggest(page, { text: typed, caret, knownValues, rows })
      : [];
  const isShown = suggestions.length > 0;
  // What is being written is not wrong yet.
  const problem = problems.find(({ end }) => isCommitted || end !== caret);

  function edit(text: string, at: number): void {
    setTyped(text, at);
    setActive(-1);
  }
  function pick({ text, start, end, isWhole }: Suggestion): void {
    const completed = isWhole && !/^\s/.test(typed.slice(end)) ? `${text} ` : text;
    edit(typed.slice(0, start) + completed + typed.slice(end), start + completed.length);
    setIsOpen(!isWhole);
  }
  function repair({ start, end, fix }: Problem): void {
    const text = `${typed.slice(0, start)}${fix}${typed.slice(end)}`;
    commit(text);
    input.current?.focus();
  }
  function step(by: 1 | -1): void {
    setIsOpen(true);
    // Before the first and behind the last is the input itself.
    const positions = suggestions.length + 1;
    if (isShown) setActive(((active + 1 + by + positions) % positions) - 1);
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const chosen = suggestions[active];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      setIsOpen(false);
      if (chosen === undefined) commit(typed);
      else pick(chosen);
    } else if (event.key === "Escape" && isShown) {
      event.preventDefault();
      event.stopPropagation();
      setIsOpen(false);
    }
  }

  return (
    <>
      <div className="relative w-full sm:max-w-96 sm:min-w-64 sm:flex-1 sm:basis-64">
        <ListFilter aria-hidden className="absolute top-2 left-2.5 size-4 text-ink-3" />
        <Input
          ref={input}
          type="text"
          role="combobox"
          aria-label={label}
          aria-autocomplete="list"
          aria-expanded={isShown}
          aria-controls={isShown ? id : undefined}
          aria-activedescendant={isShown && active >= 0 ? `${id}-${active}` : undefined}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          aria-invalid={problem !== undefined}
          data-shortcut-search
          placeholder={placeholder}
          className="pl-8"
          maxLength={QUERY_MAX}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          enterKeyHint="search"
          value={typed}
          onChange={(event) => {
            const at = event.target.selectionStart ?? event.target.value.length;
            edit(event.target.value, at);
            // Where nothing is begun the list would only cover what is looked for; an arrow shows it all the same.
            setIsOpen(/\S$/.test(event.target.value.slice(0, at)));
          }}
          onSelect={(event) => {
            if (document.activeElement === event.currentTarget) setCaret(event.currentTarget.selectionStart);
          }}
          onFocus={parts.load}
          onBlur={() => {
            setIsOpen(false);
            commit(typed);
          }}
          onKeyDown={onKeyDown}
        />
        {isShown && parts.loaded !== null && (
          <parts.loaded.SuggestionList id={id} suggestions={suggestions} active={active} onPick={pick} />
        )}
      </div>
      {/* Below all that the list is narrowed by, so that no choice moves under a pointer. */}
      <div id={`${id}-problem`} role="status" className="order-1 basis-full empty:hidden">
        {problem !== undefined && (
          <p className="flex flex-wrap items-center gap-2 text-xs text-bad">
            {revealHidden(problem.message)}
            {problem.fix !== null && (
              <Button size="sm" onClick={() => repair(problem)}>
                Use {problem.fix}
              </Button>
            )}
          </p>
        )}
      </div>
    </>
  );
}

/** The text as it is typed, and where in it. Once it is committed, and until it is typed on, all of it is meant. */
function useTyped<Of extends Filter>(
  { page, filter, onChange }: QueryBarProps<Of>,
  input: RefObject<HTMLInputElement | null>,
  loaded: Loaded | null,
) {
  const shown = printFilter(page, filter);
  const [typed, setTyped] = useState(shown);
  const [caret, setCaret] = useState<number | null>(null);
  const [isCommitted, setIsCommitted] = useState(true);
  const sent = useRef<string | null>(shown);
  // What was changed elsewhere is shown; what comes back of what was typed is there already.
  useEffect(() => {
    if (shown === sent.current) return;
    sent.current = null;
    setTyped(shown);
    setCaret(null);
    setIsCommitted(true);
  }, [shown]);
  const late = useRef<string | null>(null);

  function applyQuery(text: string): void {
    late.current = loaded === null ? text : null;
    if (loaded === null) return;
    const { filter: parsedFilter, problems } = loaded.readQuery(page, text);
    if (problems.length > 0) return;
    sent.current = printFilter(page, parsedFilter);
    const fields = Object.keys(parsedFilter) as (keyof Of)[];
    const changed = fields.filter((field) => parsedFilter[field] !== filter[field]);
    if (changed.length > 0)
      onChange(Object.fromEntries(changed.map((field) => [field, parsedFilter[field]])) as Partial<Of>);
  }
  const unfinished =
    isCommitted || caret === null || loaded === null
      ? undefined
      : loaded.parseQuery(typed).find(({ start, end }) => start < caret && caret === end);
  const isUnfinished = unfinished !== undefined && isBegun(page, unfinished);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is taken once the typing stops, whatever else changes.
  useEffect(() => {
    if (isUnfinished || isCommitted) return;
    const timer = setTimeout(() => applyQuery(typed), TYPING_MS);
    return () => clearTimeout(timer);
    // What reads it may come while somebody types: a timer from before that could read nothing.
  }, [typed, isUnfinished, isCommitted, loaded]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was meant before it could be read is read then.
  useEffect(() => {
    if (late.current !== null) applyQuery(late.current);
  }, [loaded]);
  // React puts the caret behind the last letter when a text is not what was typed.
  useLayoutEffect(() => {
    const element = input.current;
    if (element === null || caret === null || document.activeElement !== element) return;
    if (element.selectionStart === element.selectionEnd && element.selectionStart !== caret)
      element.setSelectionRange(caret, caret);
  }, [caret, input]);

  function edit(text: string, at: number): void {
    setTyped(text);
    setCaret(at);
    setIsCommitted(false);
  }
  /** All of a text is meant: what is wrong with it is said. */
  function commit(text: string): void {
    setTyped(text);
    setCaret(null);
    setIsCommitted(true);
    applyQuery(text);
  }
  const problems = loaded === null ? [] : loaded.readQuery(page, typed).problems;
  return { typed, caret, setCaret, problems, isCommitted, edit, commit };
}

/** Whether a part at the caret may be about to become something else. */
function isBegun<Of extends Filter>(page: QueryPage<Of>, { key, value }: Part): boolean {
  if (key !== null || page.words?.isWhole === true) return true;
  const word = value.toLowerCase();
  return page.keys.some(({ name, kind }) => name.startsWith(word) || (kind === "pairs" && word.startsWith(`${name}.`)));
}

type Loaded = typeof import("./suggestions");

/** What reads and suggests is loaded when somebody begins: no page waits for it. */
function useParts(): { loaded: Loaded | null; load: () => void } {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const load = () =>
    void import("./suggestions").then(setLoaded, () =>
      toastProblem("Couldn't load search. Try again or reload the page."),
    );
  return { loaded, load };
}
