import dynamic from "next/dynamic";
import { useState } from "react";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import type { Costly } from "./order-dialog";
import { useOrder } from "./use-orders";

const OrderDialog = dynamic(() => import("./order-dialog").then((module) => module.OrderDialog), { ssr: false });

/** Giving a runner its orders: what costs something is asked about first. */
export function useRunnerOrders(runner: Runner) {
  const [order, setOrder] = useState<Costly | null>(null);
  const resume = useOrder("resume");
  const give = (action: RunnerAction) =>
    action === "resume" ? resume.mutate({ runnerId: runner.id }) : setOrder(action);
  const dialog = order !== null && <OrderDialog runner={runner} order={order} onClose={() => setOrder(null)} />;
  return { give, dialog, isResuming: resume.isPending };
}
