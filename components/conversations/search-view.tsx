"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsString, useQueryStates } from "nuqs";
import { DocLink } from "@/components/docs/doc-link";
import { nameOf } from "@/components/sessions/name";
import { sessionAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { SearchBox } from "@/components/ui/form/search-box";
import { shortenId } from "@/components/ui/format";
import { ListFoot, StillLooking } from "@/components/ui/list/list-states";
import { useLoadUntilFound } from "@/components/ui/list/load-until-found";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time/time";
import type { FoundMessage } from "@/contract/conversation";
import { messageAddress } from "./addresses";
import { messagePages } from "./pages";
import { canSearch, searchedText } from "./searchable";
import { Snippet } from "./snippet";

const SEARCH_PARAMS = { q: parseAsString.withDefault(""), session: parseAsString };
const KEY = "rounded-sm border px-1 text-2xs";

/** Messages of people and agents that contain all words, of every session or of one. */
export function ConversationSearchView() {
  const [{ q, session }, setSearchParams] = useQueryStates(SEARCH_PARAMS, { history: "replace" });
  const text = searchedText(q);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Search conversations" description="What people and agents said, newest first">
        <search className="flex flex-wrap items-center gap-2">
          <SearchBox
            label="Search conversations"
            placeholder="Words that were said"
            value={q}
            onChange={(value) => void setSearchParams({ q: value === "" ? null : value })}
          />
          {session !== null && (
            <span className="flex items-center gap-2 text-xs text-ink-2">
              In session{" "}
              <Link href={sessionAddress(session)} className="font-mono text-accent hover:underline">
                {shortenId(session)}
              </Link>
              <Button size="sm" variant="ghost" onClick={() => void setSearchParams({ session: null })}>
                Search all sessions
              </Button>
            </span>
          )}
        </search>
      </PageHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        {canSearch(text) ? <Results text={text} sessionId={session} /> : <Hints />}
      </div>
    </div>
  );
}

function Hints() {
  return (
    <EmptyState title="Find a session by what was said in it">
      <p>
        Searches the messages of people and agents, not tool output, files or sub-agents. A message must contain all
        words; the last one may be a beginning. Type at least 3 characters, or 2 in a script such as Chinese.{" "}
        <DocLink name="runs" anchor="search-conversations">
          What is searched
        </DocLink>
      </p>
      <p className="pt-2">
        <kbd className={KEY}>/</kbd> search · <kbd className={KEY}>j</kbd> <kbd className={KEY}>k</kbd> move ·{" "}
        <kbd className={KEY}>Enter</kbd> open
      </p>
    </EmptyState>
  );
}

function Results({ text, sessionId }: { text: string; sessionId: string | null }) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(messagePages(trpc, { text, ...(sessionId === null ? {} : { sessionId }) }));
  const hits = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isSearching = useLoadUntilFound(query, hits.length);
  return (
    <QueryView query={query}>
      {() =>
        isSearching ? (
          <StillLooking>Searching older messages…</StillLooking>
        ) : hits.length === 0 ? (
          <EmptyState title="No matching messages">
            No message contains all of these words. New messages can be found a few seconds after their turn ends.
          </EmptyState>
        ) : (
          <>
            <ul aria-label="Messages" className="divide-y">
              {hits.map((hit) => (
                <Hit key={`${hit.runId} ${hit.seq}`} hit={hit} />
              ))}
            </ul>
            <ListFoot count={hits.length} noun="message" query={query} />
          </>
        )
      }
    </QueryView>
  );
}

function Hit({ hit }: { hit: FoundMessage }) {
  return (
    <li data-row={`${hit.runId} ${hit.seq}`} className="hover:bg-hover">
      <Link href={messageAddress(hit)} className="flex flex-col gap-1 px-4 py-3 lg:px-6">
        <span className="flex items-baseline gap-3">
          <span className="min-w-0 flex-1 truncate text-sm font-medium">{nameOf(hit)}</span>
          <span className="text-xs text-ink-3">
            {hit.who === "user" ? "User" : "Agent"} · <Time at={hit.at} />
          </span>
        </span>
        <span className="line-clamp-2 text-sm wrap-anywhere text-ink-2">
          <Snippet parts={hit.snippet} />
        </span>
      </Link>
    </li>
  );
}
