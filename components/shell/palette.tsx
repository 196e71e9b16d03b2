"use client";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { useDeferredValue, useState } from "react";
import { nameOf } from "@/components/sessions/name";
import { useTRPC } from "@/components/trpc/client";
import { viewsOf } from "@/components/trpc/lists";
import { Dialog } from "@/components/ui/dialog";
import { shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { viewAddress } from "@/components/views/addresses";
import { backendAddress, docAddress, recordAddress, sessionAddress, taskAddress } from "./addresses";
import { useReader } from "./identity";
import type { Shortcut } from "./shortcuts";

const FOUND_MAX = 8;
const ID = /^(run|cmd|evt|runner|rjob|qt|ses|apr|aud|tok|bulk|man)_/;
const row = "flex cursor-default items-center gap-3 rounded-md px-2.5 py-2 text-sm aria-selected:bg-accent-soft";
const group =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3";

/** Go anywhere, do anything that has a key, find sessions, tasks, profiles and documents by name or a record by its id. */
export function Palette({ shortcuts, onClose }: { shortcuts: readonly Shortcut[]; onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const readerId = useReader();
  const [search, setSearch] = useState("");
  const asked = useDeferredValue(search.trim());
  const found = useQuery(
    trpc.sessions.list.queryOptions(
      { search: asked, state: "all", limit: FOUND_MAX, readerId },
      { enabled: asked.length > 1, placeholderData: (data) => data },
    ),
  );
  const foundTasks = useQuery(
    trpc.queue.listTasks.queryOptions(
      { search: asked, limit: FOUND_MAX },
      { enabled: asked.length > 1, placeholderData: (data) => data },
    ),
  );
  const tasks = asked.length > 1 ? (foundTasks.data?.items ?? []) : [];
  const sessions = asked.length > 1 ? (found.data?.items ?? []) : [];
  const needle = search.trim().toLowerCase();
  const acts = shortcuts.filter(
    (shortcut) => shortcut.keys !== "mod+k" && shortcut.name.toLowerCase().includes(needle),
  );
  const named = (name: string) => asked.length > 1 && name.toLowerCase().includes(needle);
  const docs = (useQuery(trpc.docs.list.queryOptions(undefined, { enabled: asked.length > 1 })).data?.items ?? [])
    .flatMap(({ name, title, headings }) => [
      { name, title, anchor: undefined, heading: title },
      ...headings.map(({ text, anchor }) => ({ name, title, anchor, heading: text })),
    ])
    .filter(({ heading }) => named(heading))
    .slice(0, FOUND_MAX);
  const profiles = (
    useQuery(trpc.backends.list.queryOptions(undefined, { enabled: asked.length > 1 })).data?.items ?? []
  )
    .filter(({ profile }) => named(profile))
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
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Go to, find"
      className="sm:w-[min(38rem,calc(100vw-2rem))]"
    >
      <Command label="Commands" shouldFilter={false}>
        <Command.Input
          value={search}
          onValueChange={setSearch}
          placeholder="A page, an action, a title of a session or task, an id…"
          className="mb-2 h-10 w-full rounded-md border border-line-strong bg-panel px-3 text-sm outline-none placeholder:text-ink-3 focus-visible:outline-2 max-sm:text-base"
        />
        <Command.List className="scroll-thin max-h-[50dvh] overflow-y-auto">
          <Command.Empty className="px-3 py-6 text-center text-sm text-ink-2">Nothing matches.</Command.Empty>
          {ID.test(search.trim()) && (
            <Command.Group heading="Id" className={group}>
              <Command.Item
                className={row}
                value={`id ${search}`}
                onSelect={pick(() => router.push(recordAddress(search.trim())))}
              >
                Open <code>{shortenId(search.trim())}</code>
              </Command.Item>
            </Command.Group>
          )}
          {sessions.length > 0 && (
            <Command.Group heading="Sessions" className={group}>
              {sessions.map((session) => (
                <Command.Item
                  key={session.sessionId}
                  value={session.sessionId}
                  className={row}
                  onSelect={pick(() => router.push(sessionAddress(session.sessionId)))}
                >
                  <span className="min-w-0 flex-1 truncate">{nameOf(session)}</span>
                  <code className="text-xs text-ink-3">{shortenId(session.sessionId)}</code>
                </Command.Item>
              ))}
            </Command.Group>
          )}
          {tasks.length > 0 && (
            <Command.Group heading="Tasks" className={group}>
              {tasks.map(({ id, title, queue, lane }) => (
                <Command.Item key={id} value={id} className={row} onSelect={pick(() => router.push(taskAddress(id)))}>
                  <span className="min-w-0 flex-1 truncate">{showTricks(title)}</span>
                  <span className="text-xs text-ink-3">
                    {queue} / {lane}
                  </span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
          {profiles.length > 0 && (
            <Command.Group heading="Profiles" className={group}>
              {profiles.map(({ profile }) => (
                <Command.Item
                  key={profile}
                  value={`profile ${profile}`}
                  className={row}
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
                <Command.Item key={id} value={id} className={row} onSelect={pick(() => router.push(address))}>
                  <span className="min-w-0 flex-1 truncate">View: {name}</span>
                  <span className="text-xs text-ink-3">{page}</span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
          {acts.length > 0 && (
            <Command.Group heading="Go and act" className={group}>
              {acts.map((shortcut) => (
                <Command.Item key={shortcut.keys} value={shortcut.keys} className={row} onSelect={pick(shortcut.run)}>
                  <span className="min-w-0 flex-1 truncate">{shortcut.name}</span>
                  <kbd className="text-xs text-ink-3">{shortcut.keys}</kbd>
                </Command.Item>
              ))}
            </Command.Group>
          )}
          {docs.length > 0 && (
            <Command.Group heading="Documents" className={group}>
              {docs.map(({ name, title, anchor, heading }) => (
                <Command.Item
                  key={docAddress(name, anchor)}
                  value={docAddress(name, anchor)}
                  className={row}
                  onSelect={pick(() => router.push(docAddress(name, anchor)))}
                >
                  <span className="min-w-0 flex-1 truncate">{heading}</span>
                  <span className="text-xs text-ink-3">{title}</span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}
