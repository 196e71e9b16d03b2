import dynamic from "next/dynamic";
import { useRef, useState } from "react";
import { DialogComing } from "@/components/ui/dialog-coming";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import type { Costly } from "./order-dialog";
import { useOrder } from "./use-orders";

const OrderDialog = dynamic(() => import("./order-dialog").then((module) => module.OrderDialog), {
  ssr: false,
  loading: DialogComing,
});

/** Giving a runner its orders: what costs something is asked about first. */
export function useRunnerOrders(runner: Runner) {
  const [order, setOrder] = useState<Costly | null>(null);
  const drain = useOrder("drain");
  const reason = useRef<string | undefined>(undefined);
  const resume = useOrder("resume", {
    undo: () => drain.mutate({ runnerId: runner.id, reason: reason.current }),
  });
  const give = (action: RunnerAction) => {
    if (action !== "resume") return setOrder(action);
    reason.current = runner.drain?.reason ?? undefined;
    resume.mutate({ runnerId: runner.id });
  };
  const dialog = order !== null && <OrderDialog runner={runner} order={order} onClose={() => setOrder(null)} />;
  return { give, dialog, isResuming: resume.isPending };
}
