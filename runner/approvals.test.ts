import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { isEnded, makeMachine } from "./test/harness";
import { scriptedModel } from "./test/scripted-model";

function exec(cmd: string, how: object = {}) {
  return { name: "exec_command", arguments: { cmd, yield_time_ms: 500, ...how } };
}

const PATCH = `apply_patch <<'PATCH'
*** Begin Patch
*** Add File: notes.txt
+hello
*** End Patch
PATCH`;

test.each([
  ["accept", "completed", true],
  ["decline", "declined", false],
] as const)("a file change that the sandbox forbids waits for its decision: %s", async (decision, status, isThere) => {
  await using machine = await makeMachine(scriptedModel(({ outputs }) => outputs.at(-1) ?? exec(PATCH)));
  const { controlPlane } = machine.start({ executionPolicy: { sandbox: "read-only", approval: "on-request" } });
  const turn = controlPlane.order("turn", { text: "write it down" });
  const asked = await controlPlane.until("the request", () => controlPlane.payloads("approval_request")[0]);
  expect(asked).toMatchObject({
    kind: "file_change",
    changes: [{ path: "notes.txt", kind: "add", diff: "hello\n" }],
  });
  controlPlane.order("approve", { approvalId: asked.approvalId, decision });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  expect(controlPlane.payloads("file_change").at(-1)).toMatchObject({ status, itemId: asked.itemId });
  expect(fs.existsSync(path.join(machine.workspaceDir, "notes.txt"))).toBe(isThere);
});

test("a file that is to be moved names both its paths in the workspace, without codex's note behind its lines", async () => {
  const move = `apply_patch <<'PATCH'
*** Begin Patch
*** Update File: a.txt
*** Move to: to/b.txt
@@
-a
+b
*** End Patch
PATCH`;
  await using machine = await makeMachine(scriptedModel(({ outputs }) => outputs.at(-1) ?? exec(move)));
  fs.mkdirSync(machine.workspaceDir, { recursive: true });
  fs.writeFileSync(path.join(machine.workspaceDir, "a.txt"), "a\n");
  const { controlPlane } = machine.start({ executionPolicy: { sandbox: "read-only", approval: "on-request" } });
  const turn = controlPlane.order("turn", { text: "move it" });
  const asked = await controlPlane.until("the request", () => controlPlane.payloads("approval_request")[0]);
  const changes = [{ path: "a.txt", kind: "update", diff: "@@ -1 +1 @@\n-a\n+b\n", movedTo: "to/b.txt" }];
  expect(asked.changes).toEqual(changes);
  controlPlane.order("approve", { approvalId: asked.approvalId, decision: "accept" });
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));
  expect(controlPlane.payloads("file_change").at(-1)).toMatchObject({ status: "completed", changes });
});

test("terminal input outside the sandbox needs an approval that shows it", async () => {
  await using machine = await makeMachine(
    scriptedModel(({ outputs }) => {
      const [opened, typed] = outputs;
      if (opened === undefined) return exec("cat", { tty: true, sandbox_permissions: "require_escalated" });
      const session_id = Number(/session ID (\d+)/.exec(opened)?.[1]);
      return typed ?? { name: "write_stdin", arguments: { session_id, chars: "hi\n", yield_time_ms: 500 } };
    }),
  );
  const { controlPlane } = machine.start({ executionPolicy: { approval: "on-request" } });
  const turn = controlPlane.order("turn", { text: "type something" });
  for (const place of [0, 1]) {
    const asked = await controlPlane.until("a request", () => controlPlane.payloads("approval_request")[place]);
    controlPlane.order("approve", { approvalId: asked.approvalId, decision: "accept" });
  }
  await controlPlane.until("the turn's end", () => isEnded(controlPlane.state(turn)));

  const [opening, typing] = controlPlane.payloads("approval_request");
  expect(opening).toMatchObject({ kind: "command", command: expect.stringContaining("cat") });
  expect(typing).toMatchObject({
    ...{ kind: "command", itemId: opening?.itemId },
    ...{ command: expect.stringMatching(/write_stdin .*hi/s), reason: expect.stringContaining("outside the sandbox") },
  });
  expect(controlPlane.payloads("assistant_message").at(-1)?.text).toContain("hi");
});
