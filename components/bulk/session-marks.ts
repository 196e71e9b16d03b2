import type { QueryClient } from "@tanstack/react-query";
import { getLatePatches } from "@/components/live/late-patches";
import { patchLists } from "@/components/live/patch";
import type { Api } from "@/components/trpc/lists";
import type { SessionSummary } from "@/contract/session";

type Mark = Pick<SessionSummary, "sessionId" | "version" | "unread">;

/**
 * Shows sessions as read or unread in every list, up to the version that they have now: no stream tells of a reader's
 * marks. Answers what shows them as before.
 */
export function showMarked(
  by: { trpc: Api; client: QueryClient },
  ids: readonly string[],
  unread: boolean,
): () => void {
  const marks = findMarks(by, new Set(ids));
  show(
    by,
    marks.map((mark) => ({ ...mark, unread })),
  );
  return () => show(by, marks);
}

function findMarks({ trpc, client }: { trpc: Api; client: QueryClient }, ids: ReadonlySet<string>): Mark[] {
  const found = new Map<string, Mark>();
  // Looks, and changes nothing.
  patchLists<SessionSummary>(client, trpc.sessions.list.pathKey(), (session) => {
    const { sessionId, version, unread } = session;
    if (ids.has(sessionId) && (found.get(sessionId)?.version ?? -1) < version)
      found.set(sessionId, { sessionId, version, unread });
    return session;
  });
  return [...found.values()];
}

function show({ trpc, client }: { trpc: Api; client: QueryClient }, marks: readonly Mark[]): void {
  // Under the key of the mark that opening a session sets: the later of them counts.
  for (const { sessionId, version, unread } of marks)
    getLatePatches(client).apply(`read ${sessionId}`, (only) =>
      patchLists<SessionSummary>(
        client,
        trpc.sessions.list.pathKey(),
        (session) =>
          session.sessionId !== sessionId || session.version > version || session.unread === unread
            ? session
            : { ...session, unread },
        only,
      ),
    );
}
