"use client";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useDeferredValue, useState } from "react";
import { nameOf } from "@/components/sessions/name";
import { explainSession } from "@/components/sessions/session-state";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { shortenId } from "@/components/ui/format";
import { Finder, FOUND_ROW } from "@/components/ui/list/finder";
import { State } from "@/components/ui/state";

const FOUND_MAX = 12;
/** What leads to a session: an id of a run, a task or a command does as well. */
const OTHER_ID = /^(run|qt|cmd|rjob|evt|apr)_\S+$/;

type SessionPickerProps = {
  title: string;
  /** The session that it is compared with, which cannot be chosen. */
  otherId: string | null;
  onPick: (id: string) => void;
  onClose: () => void;
};

/** Finds a session by its title or id, or by the id of one of its runs or tasks. */
export function SessionPicker({ title, otherId, onPick, onClose }: SessionPickerProps) {
  const trpc = useTRPC();
  const readerId = useReader();
  const [search, setSearch] = useState("");
  const searchText = useDeferredValue(search.trim());
  const found = useQuery(
    trpc.sessions.list.queryOptions(
      { state: "all", limit: FOUND_MAX + 1, readerId, ...(searchText === "" ? {} : { search: searchText }) },
      { placeholderData: (data) => data },
    ),
  );
  const sessions = (found.data?.items ?? []).filter(({ sessionId }) => sessionId !== otherId).slice(0, FOUND_MAX);
  return (
    <Finder
      title={title}
      label="Sessions"
      placeholder="Session title, or the ID of a session, run or task…"
      search={search}
      onSearch={setSearch}
      empty={found.error === null && !found.isPending ? "No other sessions found" : null}
      onClose={onClose}
      foot={
        found.error !== null && (
          <p role="alert" className="px-3 py-2 text-xs text-bad">
            {readError(found.error).message}
          </p>
        )
      }
    >
      {OTHER_ID.test(searchText) && (
        <Command.Item className={FOUND_ROW} value={`id ${searchText}`} onSelect={() => onPick(searchText)}>
          Session of <code>{shortenId(searchText)}</code>
        </Command.Item>
      )}
      {sessions.map((session) => {
        const { state, word } = explainSession(session, null);
        return (
          <Command.Item
            key={session.sessionId}
            value={session.sessionId}
            className={FOUND_ROW}
            onSelect={() => onPick(session.sessionId)}
          >
            <span className="min-w-0 flex-1 truncate">{nameOf(session)}</span>
            <State isIconless state={state} word={word} />
            <code className="text-xs text-ink-3 max-sm:hidden">{shortenId(session.sessionId)}</code>
          </Command.Item>
        );
      })}
    </Finder>
  );
}
