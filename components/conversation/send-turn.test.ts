import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { readError } from "@/components/trpc/errors";
import type { Command } from "@/contract/command";
import type { Run } from "@/contract/run";
import { leftToSend, type SendPorts, sendTurn, type TurnDraft } from "@/contract/send-turn";

const terminal = () =>
  new TRPCClientError("the run has ended", {
    result: {
      error: {
        code: -32009,
        message: "the run has ended",
        data: {
          agentrun: {
            failureKind: "schema-invalid",
            reason: "already-terminal",
            message: "the run has ended",
            requestId: "r",
          },
        },
      },
    } as never,
  });

function setUp(options: { endedRuns?: string[]; known?: Partial<Command>[] } = {}) {
  const calls: string[] = [];
  const ports: SendPorts = {
    by: "console",
    isOver: (error) => readError(error).reason === "already-terminal",
    createRun: async (input) => {
      calls.push(`run ${input.idempotencyKey}`);
      return { id: "run_new" } as Run;
    },
    createCommand: async (input) => {
      calls.push(`command ${input.runId} ${input.idempotencyKey}`);
      if (options.endedRuns?.includes(input.runId)) throw terminal();
      return { id: "cmd_1", runId: input.runId } as Command;
    },
    listCommands: async () => (options.known ?? []) as Command[],
  };
  return { calls, ports };
}
const draft = (openRun: Run | null): TurnDraft => ({
  draftId: "d1",
  text: "hi",
  session: { sessionId: "ses_1", backendProfile: "demo", tenantId: "default", projectId: "default" },
  openRun,
});
const open = { id: "run_open" } as Run;

test("a turn goes to the open run, and to a new one where there is none", async () => {
  const first = setUp();
  await sendTurn(first.ports, draft(open));
  expect(first.calls).toEqual(["command run_open console-turn-d1"]);
  const second = setUp();
  await sendTurn(second.ports, draft(null));
  expect(second.calls).toEqual(["run console-run-d1", "command run_new console-turn-d1"]);
});

test("a run that ended in between is replaced by a new one", async () => {
  const { calls, ports } = setUp({ endedRuns: ["run_open"] });
  expect((await sendTurn(ports, draft(open))).runId).toBe("run_new");
  expect(calls).toHaveLength(3);
});

test("a turn whose answer was lost is not sent to a second run", async () => {
  const { calls, ports } = setUp({
    endedRuns: ["run_open"],
    known: [{ id: "cmd_0", idempotencyKey: "console-turn-d1" }],
  });
  expect((await sendTurn(ports, draft(open))).command.id).toBe("cmd_0");
  expect(calls).toHaveLength(1);
});

test("what was written while a message was sent is left to be sent, and what was sent is not", () => {
  expect(leftToSend("hello", "hello")).toBe("");
  expect(leftToSend("hello and then", "hello")).toBe(" and then");
  expect(leftToSend("something else", "hello")).toBe("something else");
});
