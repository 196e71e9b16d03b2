import { expect, test } from "vitest";
import { describeRefusals } from "./refusals";
import type { CommandCall } from "./rollout-calls";
import { makeMachine } from "./test/harness";

const call = (output: string, exitCode: number | null = 1): CommandCall => ({
  itemId: "call",
  command: "c",
  exitCode,
  output,
});
const READ_ONLY = "touch: cannot touch 'x': Read-only file system\n";
const NO_HOST = "curl: (6) Could not resolve host: example.com\n";
const BWRAP = "bwrap: No permissions to create a new namespace, likely because the kernel does not allow it";

test.each([
  ["a read-only file system", READ_ONLY, {}, /read-only\. The first said: touch: cannot touch/],
  ["a sandbox that cannot be made", BWRAP, {}, /codex's sandbox cannot be made/],
  ["a network that policy denies", NO_HOST, { network: false }, /reach no network/],
  ["a network that policy does not name", "connect: Network is unreachable", {}, /reach no network/],
  ["a permission", "sh: ./x: Permission denied", {}, /they may not do that/],
  ["a patch in a read-only sandbox", "patch rejected: writing is blocked by read-only sandbox", {}, /read-only/],
  ["codex's own rules", "exec_command failed: Rejected(rm -f)", {}, /policy refused/],
])("describes a turn whose only command was refused by %s, with its message", (_why, output, policy, message) => {
  expect(describeRefusals([call(output)], policy)).toMatch(message);
});

test.each([
  ["no command", [], {}],
  ["one that got through", [call(READ_ONLY), call("", 0)], {}],
  ["one that failed by itself", [call(READ_ONLY), call("no such test")], {}],
  ["one that succeeded and speaks of it", [call(READ_ONLY, 0)], {}],
  ["a network that is allowed and away", [call(NO_HOST)], { network: true }],
  ["a network that its sandbox allows", [call(NO_HOST)], { sandbox: "danger-full-access" as const }],
])("describes no turn with %s", (_what, calls, policy) => {
  expect(describeRefusals(calls, policy)).toBeNull();
});

test.each([
  ["read-only", "RUN `touch a` RUN `sleep 0.5; touch b`", "Read-only file system"],
  [
    "workspace-write",
    "RUN `curl -sS http://example.com` RUN `cat /dev/tcp/127.0.0.1/9 < /dev/tcp/127.0.0.1/9`",
    "resolve",
  ],
] as const)("warns of a turn that codex completed although its sandbox refused the commands: %s", async (...given) => {
  const [sandbox, text, said] = given;
  await using machine = await makeMachine();
  const { controlPlane } = machine.start({ executionPolicy: { sandbox, approval: "never" } });
  const turn = controlPlane.order("turn", { text });
  await controlPlane.until("the turn's end", () => controlPlane.state(turn).state === "completed");

  const message = expect.stringMatching(new RegExp(`All 2 commands of this turn were refused[\\s\\S]*${said}`));
  expect(controlPlane.state(turn)).toMatchObject({ state: "completed", failureKind: null, failureMessage: message });
  expect(controlPlane.payloads("warning")).toEqual([expect.objectContaining({ code: "commands-refused", message })]);
  // codex reports no command that it refused at once; the run's log has each of them anyway.
  const ended = controlPlane.payloads("command_execution").filter(({ status }) => status === "failed");
  expect(ended).toHaveLength(2);
  expect(controlPlane.payloads("command_output")).toHaveLength(2);

  const next = controlPlane.order("turn", { text: "RUN `pwd`" });
  await controlPlane.until("the next turn's end", () => controlPlane.state(next).state === "completed");
  expect(controlPlane.state(next).failureMessage).toBeNull();
  expect(controlPlane.payloads("warning")).toHaveLength(1);
  expect(controlPlane.payloads("command_output")).toHaveLength(3);
});
