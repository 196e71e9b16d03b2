import { expect, test } from "vitest";
import type { ShownError } from "@/components/trpc/errors";
import { CreateTaskInput } from "@/contract/queue";
import { EMPTY_DRAFT, errorsByField, inputOf, withImages } from "./add-task";
import { checkTask } from "./check-task";

const DRAFT = { ...EMPTY_DRAFT, profile: "demo", queue: "", title: " Tidy up " };
const refusal = (more: Partial<ShownError>): ShownError => ({
  ...{ failureKind: "schema-invalid", reason: "invalid-input", message: "no", requestId: null, status: 400 },
  ...{ isRetryable: false, ...more },
});

test("leaves empty fields to the server, and sends what the contract accepts", () => {
  expect(inputOf(DRAFT)).toEqual({ title: "Tidy up", backendProfile: "demo", payload: {}, priority: 0 });
  const full = inputOf({
    ...{ ...DRAFT, text: "Do it", queue: "q", lane: "ci", priority: "-3", session: "ses_1", key: "repo" },
    ...{ runAt: "2030-01-01T10:00", expiresAt: "2030-01-02T10:00" },
    ...{ attempts: "5", backoffSeconds: "1.5", onUsageLimit: "resume", references: " a \n\nhttps://b" },
    ...{ workspaceUrl: "https://git.example/a.git", workspaceRef: "main", sandbox: "read-only", model: "small" },
    ...{ after: "qt_a\nqt_b", onDependencyFailed: "fail", dependencyResults: "append" },
  });
  expect(full).toMatchObject({
    ...{ payload: { text: "Do it" }, priority: -3, metadata: { concurrencyKey: "repo" } },
    retry: { maxAttempts: 5, backoffMs: 1_500, onUsageLimit: "resume" },
    ...{ executionPolicy: { sandbox: "read-only", model: "small" }, references: ["a", "https://b"] },
    workspaceRef: { kind: "git", url: "https://git.example/a.git", ref: "main" },
    ...{ dependsOn: [{ taskId: "qt_a" }, { taskId: "qt_b" }], onDependencyFailed: "fail" },
    dependencyResults: "append",
  });
  expect(inputOf({ ...DRAFT, onDependencyFailed: "fail", dependencyResults: "append" })).toEqual(inputOf(DRAFT));
  expect(CreateTaskInput.safeParse(full).success).toBe(true);
  const schema = '{ "type": "object" }';
  expect(inputOf({ ...DRAFT, schema }).payload).toEqual({ outputSchema: { type: "object" } });
  expect(inputOf({ ...DRAFT, schema: "words" }).payload).toEqual({ outputSchema: "words" });
});

test("picked images go behind those that the payload names, each once", () => {
  const [first, second] = [`img_${"0".repeat(32)}`, `img_${"1".repeat(32)}`];
  expect(withImages(inputOf(DRAFT), [])).toEqual(inputOf(DRAFT));
  const shown = withImages(inputOf({ ...DRAFT, text: "Look" }), [first]);
  expect(shown.payload).toEqual({ text: "Look", attachments: [first] });
  expect(withImages(shown, [second, first]).payload.attachments).toEqual([first, second]);
});

test("shows each refusal at its field", () => {
  const issues = [
    { path: "retry.maxAttempts", message: "too many" },
    { path: "metadata.concurrencyKey", message: "too long" },
    { path: "workspaceRef", message: "odd" },
    { path: "payload.outputSchema.type", message: "no type" },
  ];
  expect(errorsByField(refusal({ details: { issues } }))).toEqual({
    attempts: "too many",
    schema: "no type",
    key: "too long",
    form: "workspaceRef: odd",
  });
  expect(errorsByField(refusal({ reason: "queue-draining", message: "it drains" }))).toEqual({ queue: "it drains" });
  expect(errorsByField(refusal({ reason: "not-found", message: "gone" }))).toEqual({ form: "gone" });
  expect(errorsByField(null)).toEqual({});
});

test("parses a task typed as JSON by the contract, and reports faults", () => {
  expect(checkTask('{"title": "t"').issues).toHaveLength(1);
  expect(
    checkTask('{"title": "t", "backendProfile": "demo", "payload": {}, "surprise": 1, "priority": "high"}'),
  ).toEqual({
    input: null,
    issues: expect.arrayContaining([expect.objectContaining({ path: "priority" })]),
  });
  const text = JSON.stringify(inputOf(DRAFT));
  expect(checkTask(text)).toEqual({ input: inputOf(DRAFT), issues: [] });
});
