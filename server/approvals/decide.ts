import type { Approval, DecideApprovalInput } from "@/contract/approval";
import { createCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { getApproval } from "./approval";

/** Decides an approval and sends the decision to its runner. Decided once: a second decision is refused. */
export async function decideApproval(ctx: ServiceContext, input: DecideApprovalInput): Promise<Approval> {
  const { runId } = await getApproval(ctx, input);
  await createCommand(ctx, { runId, type: "approve", payload: input });
  return getApproval(ctx, input);
}
