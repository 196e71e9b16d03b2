"use client";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useDeferredValue, useState } from "react";
import { isStillSought } from "@/components/conversations/found";
import { nameOf } from "@/components/sessions/name";
import { useTRPC } from "@/components/trpc/client";
import { viewsOf } from "@/components/trpc/lists";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Finder, FOUND_ROW } from "@/components/ui/list/finder";
import { viewAddress } from "@/components/views/addresses";
import type { SessionSummary } from "@/contract/session";
import { backendAddress, docAddress, recordAddress, sessionAddress, taskAddress } from "./addresses";
import { useReader } from "./identity";
import { isRecordId } from "./records";
import type { Shortcut } from "./shortcuts";

// What is searched for is seldom said; a list's page does without.
const FoundConversations = dynamic(
  () => import("@/components/conversations/found-conversations").then((module) => module.FoundConversations),
  { ssr: false },
);

const FOUND_MAX = 8;
const RECENT_MAX = 4;
const group =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3";

/** Go anywhere, do anything that has a key, find sessions, tasks, profiles and documents by name or a record by its id. */
export function Palette({ shortcuts, onClose }: { shortcuts: readonly Shortcut[]; onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const readerId = useReader();
  const [search, setSearch] = useState("");
  const searchText = useDeferredValue(search.trim());
  const isSearching = searchText.length > 1;
  /** What conversations have been searched for. */
  const [answered, setAnswered] = useState<string | null>(null);
  const found = useQuery(
    trpc.sessions.list.queryOptions(
      { search: searchText, state: "all", limit: FOUND_MAX, readerId },
      { enabled: isSearching, placeholderData: (data) => data },
    ),
  );
  const recent = useQuery(
    trpc.sessions.list.queryOptions({ state: "all", limit: RECENT_MAX, readerId }, { enabled: !isSearching }),
  );
  const foundTasks = useQuery(
    trpc.queue.listTasks.queryOptions(
      { search: searchText, limit: FOUND_MAX },
      { enabled: isSearching, placeholderData: (data) => data },
    ),
  );
  const tasks = isSearching ? (foundTasks.data?.items ?? []) : [];
  const sessions = isSearching ? (found.data?.items ?? []) : [];
  const needle = search.trim().toLowerCase();
  const actions = shortcuts.filter(({ keys, name }) => keys !== "mod+k" && name.toLowerCase().includes(needle));
  const actionsOf = (...groups: Shortcut["group"][]) => actions.filter(({ group }) => groups.includes(group));
  const matchesName = (name: string) => isSearching && name.toLowerCase().includes(needle);
  const docs = (useQuery(trpc.docs.list.queryOptions(undefined, { enabled: isSearching })).data?.items ?? [])
    .flatMap(({ name, title, headings }) => [
      { name, title, anchor: undefined, heading: title },
      ...headings.map(({ text, anchor }) => ({ name, title, anchor, heading: text })),
    ])
    .filter(({ heading }) => matchesName(heading))
    .slice(0, FOUND_MAX);
  const profiles = (useQuery(trpc.backends.list.queryOptions(undefined, { enabled: isSearching })).data?.items ?? [])
    .filter(({ profile }) => matchesName(profile))
    .slice(0, FOUND_MAX);
  const saved = useQuery(viewsOf(trpc)).data?.items ?? [];
  const views = saved
    .filter(({ name }) => `view: ${name}`.toLowerCase().includes(needle))
    .flatMap((view) => {
      const address = viewAddress(view);
      return address === null ? [] : [{ ...view, address }];
    })
    .slice(0, FOUND_MAX);
  const pick = (run: () => void) => () => {
    onClose();
    run();
  };
  return (
    <Finder
      title="Search"
      label="Commands"
      placeholder="Search or jump to…"
      search={search}
      onSearch={setSearch}
      empty={found.isFetching || foundTasks.isFetching || isStillSought(search, answered) ? null : "No results"}
      onClose={onClose}
    >
      {isRecordId(search.trim()) && (
        <Command.Group heading="ID" className={group}>
          <Command.Item
            className={FOUND_ROW}
            value={`id ${search}`}
            onSelect={pick(() => router.push(recordAddress(search.trim())))}
          >
            Open <code>{shortenId(search.trim())}</code>
          </Command.Item>
        </Command.Group>
      )}
      {search.trim() === "" && <Sessions heading="Recent sessions" sessions={recent.data?.items ?? []} pick={pick} />}
      <ActionGroup heading="Create" actions={actionsOf("Create")} pick={pick} />
      <ActionGroup heading="Go to" actions={actionsOf("Go")} pick={pick} />
      <Sessions heading="Sessions" sessions={sessions} pick={pick} />
      {tasks.length > 0 && (
        <Command.Group heading="Tasks" className={group}>
          {tasks.map(({ id, title, queue, lane }) => (
            <Command.Item key={id} value={id} className={FOUND_ROW} onSelect={pick(() => router.push(taskAddress(id)))}>
              <span className="min-w-0 flex-1 truncate">{revealHidden(title)}</span>
              <span className="text-xs text-ink-3">
                {queue} / {lane}
              </span>
            </Command.Item>
          ))}
        </Command.Group>
      )}
      {isSearching && <FoundConversations search={search} className={group} pick={pick} onAnswer={setAnswered} />}
      {profiles.length > 0 && (
        <Command.Group heading="Profiles" className={group}>
          {profiles.map(({ profile }) => (
            <Command.Item
              key={profile}
              value={`profile ${profile}`}
              className={FOUND_ROW}
              onSelect={pick(() => router.push(backendAddress(profile)))}
            >
              {profile}
            </Command.Item>
          ))}
        </Command.Group>
      )}
      {views.length > 0 && (
        <Command.Group heading="Views" className={group}>
          {views.map(({ id, page, name, address }) => (
            <Command.Item key={id} value={id} className={FOUND_ROW} onSelect={pick(() => router.push(address))}>
              <span className="min-w-0 flex-1 truncate">View: {revealHidden(name)}</span>
              <span className="text-xs text-ink-3">{page}</span>
            </Command.Item>
          ))}
        </Command.Group>
      )}
      <ActionGroup heading="On this page" actions={actionsOf("This page")} pick={pick} />
      <ActionGroup heading="Actions" actions={actionsOf("Act", "Lists", "Help")} pick={pick} />
      {docs.length > 0 && (
        <Command.Group heading="Documentation" className={group}>
          {docs.map(({ name, title, anchor, heading }) => (
            <Command.Item
              key={docAddress(name, anchor)}
              value={docAddress(name, anchor)}
              className={FOUND_ROW}
              onSelect={pick(() => router.push(docAddress(name, anchor)))}
            >
              <span className="min-w-0 flex-1 truncate">{heading}</span>
              <span className="text-xs text-ink-3">{title}</span>
            </Command.Item>
          ))}
        </Command.Group>
      )}
    </Finder>
  );
}

type Pick = (run: () => void) => () => void;

function ActionGroup({ heading, actions, pick }: { heading: string; actions: readonly Shortcut[]; pick: Pick }) {
  if (actions.length === 0) return null;
  return (
    <Command.Group heading={heading} className={group}>
      {actions.map(({ keys, name, run }) => (
        <Command.Item key={keys} value={keys} className={FOUND_ROW} onSelect={pick(run)}>
          <span className="min-w-0 flex-1 truncate">{name}</span>
          <kbd className="text-xs text-ink-3">{keys === " " ? "Space" : keys}</kbd>
        </Command.Item>
      ))}
    </Command.Group>
  );
}

type SessionsProps = { heading: string; sessions: readonly SessionSummary[]; pick: Pick };

function Sessions({ heading, sessions, pick }: SessionsProps) {
  const router = useRouter();
  if (sessions.length === 0) return null;
  return (
    <Command.Group heading={heading} className={group}>
      {sessions.map((session) => (
        <Command.Item
          key={session.sessionId}
          value={session.sessionId}
          className={FOUND_ROW}
          onSelect={pick(() => router.push(sessionAddress(session.sessionId)))}
        >
          <span className="min-w-0 flex-1 truncate">{nameOf(session)}</span>
          <code className="text-xs text-ink-3">{shortenId(session.sessionId)}</code>
        </Command.Item>
      ))}
    </Command.Group>
  );
}
