"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { nameOf } from "@/components/sessions/name";
import { sessionAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { Id } from "@/components/ui/copy";

/** A run's session by its title, which leads to its page, and its id to copy. */
export function SessionLink({ sessionId }: { sessionId: string }) {
  const trpc = useTRPC();
  const session = useQuery(trpc.sessions.get.queryOptions({ sessionId }, { retry: false })).data;
  return (
    <span className="flex min-w-0 flex-col items-start gap-1">
      <Link
        href={sessionAddress(sessionId)}
        className="max-w-full truncate leading-6 text-accent hover:underline"
        title={session === undefined ? undefined : nameOf(session)}
      >
        {session === undefined ? "Open session" : nameOf(session)}
      </Link>
      <Id id={sessionId} />
    </span>
  );
}
