import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useFrames } from "@/components/live/provider";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import type { StorageSummary } from "@/contract/storage";
import { useStorageCache } from "./use-volume";

/** Changes that come together are asked about together. */
const GATHER_MS = 400;
/** More than these at once, and reading the list again is cheaper. */
const ROWS_ASKED_MAX = 12;

/**
 * Keeps the list of volumes as the stream tells it: the provider has patched what a session's frame holds; the pin, the
 * archive and the keeper are asked for, by row, so that no row moves. Returns the volumes that the list does not have yet.
 */
export function useStorageFrames(listed: readonly StorageSummary[], listedAtMs: number) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const client = useQueryClient();
  const { put } = useStorageCache();
  const [unlisted, setUnlisted] = useState<ReadonlySet<string>>(new Set());
  const changed = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const ask = async (): Promise<void> => {
    timer.current = undefined;
    const ids = [...changed.current];
    changed.current.clear();
    void client.invalidateQueries({ queryKey: trpc.storage.list.queryKey() });
    if (ids.length > ROWS_ASKED_MAX) {
      void client.invalidateQueries({ queryKey: trpc.storage.list.pathKey() });
      return;
    }
    const answers = await Promise.allSettled(ids.map((sessionId) => api.storage.get.query({ sessionId })));
    // One that was deleted meanwhile is told by its own frame.
    for (const answer of answers) if (answer.status === "fulfilled") put(answer.value);
  };

  useFrames("session", (frame) => {
    const isListed = listed.some((volume) => volume.sessionId === frame.sessionId);
    const { session } = frame;
    if (!isListed && session?.storageKind === "pvc" && Date.parse(session.createdAt) > listedAtMs) {
      setUnlisted((known) => (known.has(frame.sessionId) ? known : new Set([...known, frame.sessionId])));
    }
    if (isListed && frame.kind === "changed") changed.current.add(frame.sessionId);
    timer.current ??= setTimeout(() => void ask(), GATHER_MS);
  });

  return {
    unlisted: [...unlisted].filter((id) => !listed.some((volume) => volume.sessionId === id)),
    forget: () => setUnlisted(new Set()),
  };
}
