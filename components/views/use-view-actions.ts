import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toastUndo } from "@/components/ui/undo";
import type { View } from "@/contract/view";
import type { ViewPage } from "@/contract/words";

/** What can be done to the views of a list. */
export function useViewActions(page: ViewPage) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const again = () => void client.invalidateQueries({ queryKey: trpc.views.pathKey() });
  // What another person did meanwhile is a reason for most refusals.
  const options = { onSettled: again };
  const create = useMutation(trpc.views.create.mutationOptions(options));
  const update = useMutation(trpc.views.update.mutationOptions(options));
  const remove = useMutation(trpc.views.delete.mutationOptions(options));
  const restore = useMutation(trpc.views.create.mutationOptions({ ...options, onError: (error) => toastError(error) }));

  // What asked may be gone before the answer is there, and so may what is taken back.
  function removeView({ id, version }: View): void {
    const done = ({ name, query, isShared }: View) =>
      toastUndo(`View “${revealHidden(name)}” deleted`, () => restore.mutate({ page, name, query, isShared }));
    void remove.mutateAsync({ viewId: id, expectedVersion: version }).then(done, toastError);
  }
  function share({ id, version, name, isShared }: View): void {
    const done = isShared ? `View “${revealHidden(name)}” is now private` : `View “${revealHidden(name)}” shared`;
    void update
      .mutateAsync({ viewId: id, expectedVersion: version, isShared: !isShared })
      .then(() => toast.success(done), toastError);
  }
  function setQuery({ id, version, name }: View, query: string): void {
    const done = `View “${revealHidden(name)}” updated`;
    void update
      .mutateAsync({ viewId: id, expectedVersion: version, query })
      .then(() => toast.success(done), toastError);
  }
  return { create, update, removeView, share, setQuery };
}
