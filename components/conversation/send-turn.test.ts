import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { readError } from "@/components/trpc/errors";
import type { Command } from "@/contract/command";
import type { Run } from "@/contract/run";
import { type SendPorts, sendSteer, sendTurn, type TurnDraft, unsentText } from "@/contract/send-turn";

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

/** As the server answers: a run that has ended takes nothing, and knows by its key what it took before. */
function setUp(options: { endedRuns?: string[]; taken?: string[] } = {}) {
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
      const isKnown = options.taken?.includes(`${input.runId} ${input.idempotencyKey}`);
      if (options.endedRuns?.includes(input.runId) && !isKnown) throw terminal();
      return { id: "cmd_1", runId: input.runId } as Command;
    },
  };
  return { calls, ports };
}
const draft = (...runIds: string[]): TurnDraft => ({
  draftId: "d1",
  text: "hi",
  session: { sessionId: "ses_1", backendProfile: "demo", tenantId: "default", projectId: "default" },
  runIds,
});

test("sends a turn to the open run, and to a new one without any", async () => {
  const first = setUp();
  await sendTurn(first.ports, draft("run_open"));
  expect(first.calls).toEqual(["command run_open console-turn-d1"]);
  const second = setUp();
  await sendTurn(second.ports, draft());
  expect(second.calls).toEqual(["run console-run-d1", "command run_new console-turn-d1"]);
});

test("replaces a run that ended meanwhile by a new one", async () => {
  const { calls, ports } = setUp({ endedRuns: ["run_open"] });
  expect((await sendTurn(ports, draft("run_open"))).runId).toBe("run_new");
  expect(calls).toHaveLength(3);
});

test("does not send a turn whose answer was lost to a second run", async () => {
  const taken = ["run_first console-turn-d1"];
  const { calls, ports } = setUp({ endedRuns: ["run_first"], taken });
  expect((await sendTurn(ports, draft("run_first", "run_open"))).runId).toBe("run_first");
  expect(calls).toHaveLength(1);
});

test("sends a turn that an ended run refused to the now open run, once", async () => {
  const { calls, ports } = setUp({ endedRuns: ["run_first"] });
  expect((await sendTurn(ports, draft("run_first", "run_open", "run_first"))).runId).toBe("run_open");
  expect(calls).toHaveLength(2);
});

test("steers the run that is open, under the key that the message has as a turn", async () => {
  const { calls, ports } = setUp({ endedRuns: ["run_first"] });
  expect((await sendSteer(ports, draft("run_first", "run_open"))).runId).toBe("run_open");
  expect(calls).toEqual(["command run_first console-turn-d1", "command run_open console-turn-d1"]);
});

test("says why there is no turn to steer", async () => {
  const { ports } = setUp({ endedRuns: ["run_first"] });
  await expect(sendSteer(ports, draft("run_first"))).rejects.toThrow("the run has ended");
});

test("keeps text written during sending, and clears what was sent", () => {
  expect(unsentText("hello", "hello")).toBe("");
  expect(unsentText("hello and then", "hello")).toBe(" and then");
  expect(unsentText("something else", "hello")).toBe("something else");
});
