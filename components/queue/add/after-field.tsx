"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { stateWords } from "@/components/queue/task/explain";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/form/field";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import { ON_DEPENDENCY_FAILED } from "@/contract/words";
import { linesOf } from "./add-task";
import { DraftField, type DraftFieldProps } from "./draft-field";

const FOUND_MAX = 6;
const POLICY_NAMES = { hold: "Wait for a person", fail: "Fail too", start: "Start anyway" } as const;

/** Tasks that a new one comes after, found by title or id, and what becomes of it where one of them fails. */
export function AfterField(fieldProps: Pick<DraftFieldProps, "draft" | "errors" | "set">) {
  const trpc = useTRPC();
  const { draft, set } = fieldProps;
  const [search, setSearch] = useState("");
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(new Map());
  const searchText = useDeferredValue(search.trim());
  const chosen = linesOf(draft.after);
  const found = useQuery(
    trpc.queue.listTasks.queryOptions(
      { search: searchText, sort: "updatedAt", limit: FOUND_MAX },
      { enabled: searchText !== "", placeholderData: (data) => data },
    ),
  );
  const offered = searchText === "" ? [] : (found.data?.items ?? []).filter(({ id }) => !chosen.includes(id));
  const choose = (id: string, title: string) => {
    setTitles(new Map([...titles, [id, title]]));
    set({ after: [...chosen, id].join("\n") });
    setSearch("");
  };
  return (
    <div className="flex flex-col gap-2">
      <DraftField {...fieldProps} name="after" label="Depends on" hint="Starts when all of these are completed.">
        {(id, aria) => (
          <Input
            id={id}
            {...aria}
            value={search}
            placeholder="Search by title or ID…"
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || searchText === "") return;
              event.preventDefault();
              const [first] = offered;
              if (first) choose(first.id, first.title);
            }}
          />
        )}
      </DraftField>
      {offered.length > 0 && (
        <ul aria-label="Matching tasks" className="flex flex-col rounded-md border">
          {offered.map(({ id, title, state }) => (
            <li key={id} className="not-last:border-b">
              <button
                type="button"
                className="flex w-full min-w-0 items-center gap-2 px-3 py-1.5 text-left text-sm hover:bg-hover"
                onClick={() => choose(id, title)}
              >
                <Plus aria-hidden className="size-3.5 shrink-0 text-ink-3" />
                <span className="min-w-0 flex-1 truncate">{revealHidden(title)}</span>
                <State isIconless {...stateWords(state)} />
                <code className="text-xs text-ink-3 max-sm:hidden">{shortenId(id)}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
      {searchText !== "" && found.data?.items.length === 0 && <p className="text-xs text-ink-3">No matching tasks.</p>}
      {chosen.length > 0 && (
        <>
          <ul aria-label="Depends on" className="flex flex-wrap gap-1.5">
            {chosen.map((id) => {
              const name = revealHidden(titles.get(id)) ?? shortenId(id);
              return (
                <li key={id} className="flex max-w-full items-center gap-1 rounded-md border py-0.5 pr-1 pl-2 text-xs">
                  <span className="min-w-0 truncate" title={id}>
                    {name}
                  </span>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    className="size-5"
                    aria-label={`Remove ${name}`}
                    onClick={() => set({ after: chosen.filter((other) => other !== id).join("\n") })}
                  >
                    <X aria-hidden className="size-3" />
                  </Button>
                </li>
              );
            })}
          </ul>
          <DraftField {...fieldProps} name="onDependencyFailed" label="If a dependency fails">
            {(id, aria) => (
              <Select
                id={id}
                {...aria}
                value={draft.onDependencyFailed}
                onChange={(event) => set({ onDependencyFailed: event.target.value })}
              >
                <option value="">Default</option>
                {ON_DEPENDENCY_FAILED.map((option) => (
                  <option key={option} value={option}>
                    {POLICY_NAMES[option]}
                  </option>
                ))}
              </Select>
            )}
          </DraftField>
          <label className="flex items-start gap-2 text-sm">
            <input
              type="checkbox"
              className="mt-1"
              checked={draft.dependencyResults === "append"}
              onChange={(event) => set({ dependencyResults: event.target.checked ? "append" : "" })}
            />
            <span>
              Include their results in the prompt
              <span className="block text-xs text-ink-3">
                Adds each structured result, or else the last message, as data after the prompt.
              </span>
            </span>
          </label>
        </>
      )}
    </div>
  );
}
