"use client";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useDeferredValue, useState } from "react";
import { nameOf } from "@/components/sessions/name";
import { explainSession } from "@/components/sessions/session-state";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Dialog } from "@/components/ui/dialog";
import { shortenId } from "@/components/ui/format";
import { State } from "@/components/ui/state";

const FOUND_MAX = 12;
/** What leads to a session: an id of a run, a task or a command does as well. */
const OTHER_ID = /^(run|qt|cmd|rjob|evt|apr)_\S+$/;
const row = "flex cursor-default items-center gap-3 rounded-md px-2.5 py-2 text-sm aria-selected:bg-accent-soft";

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
  const asked = useDeferredValue(search.trim());
  const found = useQuery(
    trpc.sessions.list.queryOptions(
      { state: "all", limit: FOUND_MAX + 1, readerId, ...(asked === "" ? {} : { search: asked }) },
      { placeholderData: (data) => data },
    ),
  );
  const sessions = (found.data?.items ?? []).filter(({ sessionId }) => sessionId !== otherId).slice(0, FOUND_MAX);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={title}
      className="sm:w-[min(38rem,calc(100vw-2rem))]"
    >
      <Command label="Sessions" shouldFilter={false}>
        <Command.Input
          value={search}
          onValueChange={setSearch}
          placeholder="A session's title or id, a run's or a task's id…"
          className="mb-2 h-10 w-full rounded-md border border-line-strong bg-panel px-3 text-sm outline-none placeholder:text-ink-3 focus-visible:outline-2 max-sm:text-base"
        />
        <Command.List className="scroll-thin max-h-[50dvh] overflow-y-auto">
          {found.error === null && !found.isPending && (
            <Command.Empty className="px-3 py-6 text-center text-sm text-ink-2">
              No other session matches.
            </Command.Empty>
          )}
          {OTHER_ID.test(asked) && (
            <Command.Item className={row} value={`id ${asked}`} onSelect={() => onPick(asked)}>
              The session of <code>{shortenId(asked)}</code>
            </Command.Item>
          )}
          {sessions.map((session) => {
            const { state, word } = explainSession(session, null);
            return (
              <Command.Item
                key={session.sessionId}
                value={session.sessionId}
                className={row}
                onSelect={() => onPick(session.sessionId)}
              >
                <span className="min-w-0 flex-1 truncate">{nameOf(session)}</span>
                <State isBare state={state} word={word} />
                <code className="text-xs text-ink-3 max-sm:hidden">{shortenId(session.sessionId)}</code>
              </Command.Item>
            );
          })}
        </Command.List>
        {found.error !== null && (
          <p role="alert" className="px-3 py-2 text-xs text-bad">
            {readError(found.error).message}
          </p>
        )}
      </Command>
    </Dialog>
  );
}
