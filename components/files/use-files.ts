import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTRPC } from "@/components/trpc/client";
import { filePages } from "@/components/trpc/lists";

/** A turn changes its session many times a second; what was archived is asked for once they have settled. */
const SETTLED_MS = 1_000;

/** A folder of a session's workspace. It is read anew once the session has changed, as it does with each archive. */
export function useFolder(session: { sessionId: string; version: number }, path: string) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { sessionId, version } = session;
  const folder = useInfiniteQuery({ ...filePages(trpc, { sessionId, path }), placeholderData: keepPreviousData });
  const readVersion = useRef(version);
  useEffect(() => {
    if (readVersion.current === version) return;
    const timer = setTimeout(() => {
      readVersion.current = version;
      void queries.invalidateQueries({ queryKey: trpc.files.pathKey() });
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [version, queries, trpc]);
  return folder;
}

/** The address of a file's bytes, or of a folder as a compressed tar. */
export function downloadAddress(sessionId: string, { kind, path }: { kind: "file" | "folder"; path: string }): string {
  const query = path === "" ? "" : `?path=${encodeURIComponent(path)}`;
  return `/api/v1/sessions/${encodeURIComponent(sessionId)}/files/${kind === "file" ? "content" : "tar"}${query}`;
}
