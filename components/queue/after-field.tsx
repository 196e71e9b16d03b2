"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { State } from "@/components/ui/state";
import { ON_DEPENDENCY_FAILED } from "@/contract/words";
import { linesOf } from "./add-task";
import { DraftField, type DraftFieldProps } from "./draft-field";
import { stateWords } from "./explain";

const FOUND_MAX = 6;
const POLICY_NAMES = { hold: "Wait for a person", fail: "Fail too", start: "Start anyway" } as const;

/** Tasks that a new one comes after, found by title or id, and what becomes of it where one of them fails. */
export function AfterField(place: Pick<DraftFieldProps, "draft" | "errors" | "set">) {
  const trpc = useTRPC();
  const { draft, set } = place;
  const [search, setSearch] = useState("");
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(new Map());
  const asked = useDeferredValue(search.trim());
  const chosen = linesOf(draft.after);
  const found = useQuery(
    trpc.queue.listTasks.queryOptions(
      { search: asked, sort: "updatedAt", limit: FOUND_MAX },
      { enabled: asked !== "", placeholderData: (data) => data },
    ),
  );
  const offered = asked === "" ? [] : (found.data?.items ?? []).filter(({ id }) => !chosen.includes(id));
  const choose = (id: string, title: string) => {
    setTitles(new Map([...titles, [id, title]]));
    set({ after: [...chosen, id].join("\n") });
    setSearch("");
  };
  return (
    <div className="flex flex-col gap-2">
      <DraftField {...place} name="after" label="Depends on" hint="Starts when all of these are completed.">
        {(id, aria) => (
          <Input
            id={id}
            {...aria}
            value={search}
            placeholder="Search by title or ID…"
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || asked === "") return;
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
                <span className="min-w-0 flex-1 truncate">{showTricks(title)}</span>
                <State isBare {...stateWords(state)} />
                <code className="text-xs text-ink-3 max-sm:hidden">{shortenId(id)}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
      {asked !== "" && found.data?.items.length === 0 && <p className="text-xs text-ink-3">No matching tasks.</p>}
      {chosen.length > 0 && (
        <>
          <ul aria-label="Depends on" className="flex flex-wrap gap-1.5">
            {chosen.map((id) => {
              const name = showTricks(titles.get(id)) ?? shortenId(id);
              return (
                <li key={id} className="flex max-w-full items-center gap-1 rounded-md border py-0.5 pr-1 pl-2 text-xs">
                  <span className="min-w-0 truncate" title={id}>
                    {name}
                  </span>
                  <Button
                    look="ghost"
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
          <DraftField {...place} name="onDependencyFailed" label="If a dependency fails">
            {(id, aria) => (
              <Select
                id={id}
                {...aria}
                value={draft.onDependencyFailed}
                onChange={(event) => set({ onDependencyFailed: event.target.value })}
              >
                <option value="">Default</option>
                {ON_DEPENDENCY_FAILED.map((known) => (
                  <option key={known} value={known}>
                    {POLICY_NAMES[known]}
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
