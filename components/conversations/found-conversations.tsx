"use client";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { nameOf } from "@/components/sessions/name";
import { useTRPC } from "@/components/trpc/client";
import { FOUND_ROW } from "@/components/ui/list/finder";
import { Time } from "@/components/ui/time/time";
import { conversationSearchAddress, messageAddress } from "./addresses";
import { foundOf } from "./found";
import { canSearch, searchedText } from "./searchable";
import { Snippet } from "./snippet";

const FOUND_MAX = 5;
const TYPING_MS = 250;

type FoundConversationsProps = {
  search: string;
  className: string;
  pick: (run: () => void) => () => void;
  /** Told of each text whose search is over, whatever came of it. */
  onAnswer: (text: string) => void;
};

/** The newest messages with the words that were typed, among what the palette finds. */
export function FoundConversations({ search, className, pick, onAnswer }: FoundConversationsProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const text = useSettled(searchedText(search));
  const found = useQuery(
    trpc.sessions.searchConversations.queryOptions(
      { text, limit: FOUND_MAX },
      { enabled: canSearch(text), placeholderData: (data) => data },
    ),
  );
  const isOver = canSearch(text) && !found.isFetching && !found.isPending;
  useEffect(() => {
    if (isOver) onAnswer(text);
  }, [isOver, text, onAnswer]);
  const shown = foundOf(search, found.data);
  if (shown === null) return null;
  return (
    <Command.Group heading="In conversations" className={className}>
      {shown.hits.map((hit) => (
        <Command.Item
          key={`${hit.runId} ${hit.seq}`}
          value={`message ${hit.runId} ${hit.seq}`}
          className={FOUND_ROW}
          onSelect={pick(() => router.push(messageAddress(hit)))}
        >
          <span className="min-w-0 flex-1">
            <span className="block truncate">{nameOf(hit)}</span>
            <span className="block truncate text-xs text-ink-2">
              <Snippet parts={hit.snippet} />
            </span>
          </span>
          <Time at={hit.at} className="text-xs text-ink-3" />
        </Command.Item>
      ))}
      <Command.Item
        value="message all"
        className={FOUND_ROW}
        onSelect={pick(() => router.push(conversationSearchAddress(shown.allOf)))}
      >
        See all results
      </Command.Item>
    </Command.Group>
  );
}

/** What was typed, once the typing stops for a moment. */
function useSettled(typed: string): string {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return settled;
}
