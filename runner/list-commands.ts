import type { Command } from "@/contract/command";
import type { ControlPlane } from "./control-plane";
import { retryWhileAway } from "./retry-while-away";

/** Yields all commands of a run in order, page by page. */
export async function* listAllCommands(controlPlane: ControlPlane, runId: string): AsyncGenerator<Command> {
  for (let afterSeq = 0; ; ) {
    const page = await retryWhileAway(() => controlPlane.listCommands({ runId, afterSeq }));
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    afterSeq = last.seq;
  }
}
