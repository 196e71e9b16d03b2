import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { viewsOf } from "@/components/trpc/lists";
import { toastError } from "@/components/ui/error-toast";
import { showTricks } from "@/components/ui/hidden-text";
import { toastUndo } from "@/components/ui/undo";
import type { View } from "@/contract/view";
import type { ViewPage } from "@/contract/words";

/** The views of a list, one's own and those that are shared, and what can be done to them. */
export function useViews(page: ViewPage) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const views = useQuery(viewsOf(trpc, page)).data?.items ?? [];
  const again = () => void client.invalidateQueries({ queryKey: trpc.views.pathKey() });
  // What another person did meanwhile is a reason for most refusals.
  const options = { onSettled: again };
  const create = useMutation(trpc.views.create.mutationOptions(options));
  const update = useMutation(trpc.views.update.mutationOptions(options));
  const remove = useMutation(trpc.views.delete.mutationOptions(options));
  const onError = (error: unknown) => toastError(error);

  function removeView({ id, version }: View): void {
    const onSuccess = ({ name, query, isShared }: View) =>
      // Pressed on another page its failure is told all the same.
      toastUndo(
        `Deleted the view “${showTricks(name)}”`,
        () => void create.mutateAsync({ page, name, query, isShared }).catch(onError),
      );
    remove.mutate({ viewId: id, expectedVersion: version }, { onSuccess, onError });
  }
  function share({ id, version, name, isShared }: View): void {
    const said = isShared ? `“${showTricks(name)}” is seen by its maker alone` : `“${showTricks(name)}” is shared`;
    const onSuccess = () => void toast.success(said);
    update.mutate({ viewId: id, expectedVersion: version, isShared: !isShared }, { onSuccess, onError });
  }
  function setQuery({ id, version, name }: View, query: string): void {
    const onSuccess = () => void toast.success(`“${showTricks(name)}” is now what is shown`);
    update.mutate({ viewId: id, expectedVersion: version, query }, { onSuccess, onError });
  }
  return { views, create, update, removeView, share, setQuery };
}
