import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { toastError, toastProblem } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toastUndo } from "@/components/ui/undo";
import type { Backend, BackendProbe, SetBackendInput } from "@/contract/backend";
import { maxRunningOf } from "./condition";

type Change = Omit<SetBackendInput, "profile">;

/** Changes a profile, or tries its provider; what was answered is shown at once. */
export function useBackend(backend: Backend) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const setting = useMutation(trpc.backends.set.mutationOptions());
  const testing = useMutation(trpc.backends.test.mutationOptions());
  const { profile } = backend;

  function updateCached(change: (current: Backend) => Backend): void {
    client.setQueryData(trpc.backends.list.queryKey(), (data) =>
      data === undefined
        ? undefined
        : { ...data, items: data.items.map((item) => (item.profile === profile ? change(item) : item)) },
    );
    void client.invalidateQueries({ queryKey: trpc.backends.pathKey() });
  }

  /** What asked may be gone before the answer is there, and so may what is taken back. */
  function set(change: Change, done: string, undo?: Change): void {
    void setting.mutateAsync({ profile, ...change }).then((answer) => {
      updateCached(() => answer);
      if (undo === undefined) toast.success(done);
      else toastUndo(done, () => set(undo, `Change to ${profile} undone`));
    }, toastError);
  }

  return {
    isSetting: setting.isPending,
    isTesting: testing.isPending,
    setMaxRunning(maxRunning: number | null) {
      set({ maxRunning }, `Limit of ${profile} changed`, { maxRunning: maxRunningOf(backend) });
    },
    setUp: () => set({ isUp: true }, `${profile} resumed`),
    switchOn: () =>
      set({ isEnabled: true }, `${profile} switched on`, {
        isEnabled: false,
        reason: backend.disabled?.reason ?? undefined,
      }),
    switchOff(reason: string | undefined) {
      set({ isEnabled: false, reason }, `${profile} switched off`, { isEnabled: true });
    },
    test() {
      void testing.mutateAsync({ profile }).then((probe: BackendProbe) => {
        updateCached((current) => ({ ...current, probe }));
        if (probe.isOk) toast.success(`${profile}: ${revealHidden(probe.message)}`);
        else toastProblem(`${profile}: ${revealHidden(probe.message)}`);
      }, toastError);
    },
  };
}
