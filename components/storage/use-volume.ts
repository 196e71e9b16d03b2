import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { patchLists } from "@/components/live/patch";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import type { StorageSummary } from "@/contract/storage";
import { nameOf } from "./explain";
import type { Extension } from "./extend";

/** Puts what the server answered in the place of what is shown, everywhere, and has what depends on it asked for again. */
export function useStorageCache() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const put = (summary: StorageSummary): void => {
    client.setQueryData(trpc.storage.get.queryKey({ sessionId: summary.sessionId }), summary);
    patchLists<StorageSummary>(client, trpc.storage.list.pathKey(), (item) =>
      item.sessionId === summary.sessionId ? summary : item,
    );
  };
  const refresh = (): void => {
    // The totals alone: were the rows asked for again, they would change places under the hand that just used one.
    void client.invalidateQueries({ queryKey: trpc.storage.list.queryKey() });
    void client.invalidateQueries({ queryKey: trpc.sessions.pathKey() });
  };
  return { put, refresh };
}

/** What can be done to a session's storage, each with its pending state, its error and what it says when it is done. */
export function useVolume(summary: StorageSummary) {
  const trpc = useTRPC();
  const { put, refresh } = useStorageCache();
  const { sessionId } = summary;
  const name = nameOf(summary);
  const done = (answer: StorageSummary): void => {
    put(answer);
    refresh();
  };
  const failed = (error: unknown): void => {
    toast.error(readError(error).message);
  };

  const pin = useMutation(
    trpc.storage.pin.mutationOptions({
      onSuccess: (answer) => {
        done(answer);
        toast.success(`Pinned: ${name}`, { action: { label: "Undo", onClick: () => unpin.mutate({ sessionId }) } });
      },
      onError: failed,
    }),
  );
  const unpin = useMutation(
    trpc.storage.unpin.mutationOptions({
      onSuccess: (answer) => {
        done(answer);
        toast.success(`Unpinned: ${name}`, { action: { label: "Undo", onClick: () => pin.mutate({ sessionId }) } });
      },
      onError: failed,
    }),
  );
  const restore = useMutation(
    trpc.storage.restore.mutationOptions({
      onSuccess: (answer) => {
        done(answer);
        toast.success(
          answer.storageState === "restoring"
            ? "The next turn fills the new volume from the archive"
            : "The volume is there",
        );
      },
      onError: failed,
    }),
  );
  const extend = useMutation(trpc.storage.extend.mutationOptions({ onSuccess: done }));
  const evict = useMutation(trpc.storage.evict.mutationOptions({ onSuccess: done }));

  return {
    isPending: [pin, unpin, restore, extend, evict].some((mutation) => mutation.isPending),
    isRestoring: restore.isPending,
    pin: () => pin.mutate({ sessionId }),
    unpin: () => unpin.mutate({ sessionId }),
    restore: () => restore.mutate({ sessionId }),
    extend: {
      isPending: extend.isPending,
      error: extend.error === null ? null : readError(extend.error).message,
      reset: () => extend.reset(),
      run: (extension: Extension, onDone: () => void) =>
        extend.mutate({ sessionId, ...extension }, { onSuccess: () => onDone() }),
    },
    evict: {
      isPending: evict.isPending,
      error: evict.error === null ? null : readError(evict.error).message,
      reset: () => evict.reset(),
      run: (reason: string | undefined, onDone: () => void) =>
        evict.mutate({ sessionId, reason }, { onSuccess: () => onDone() }),
    },
  };
}

export type Volume = ReturnType<typeof useVolume>;
