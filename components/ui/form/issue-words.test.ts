import { expect, test } from "vitest";
import { z } from "zod";
import { issueWords, namedIssue } from "./issue-words";

/** What a schema says of a value, as the server passes it on. */
function issueOf(schema: z.ZodType, value: unknown): { path: string; message: string } {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  return { path: issue?.path.join(".") ?? "", message: issue?.message ?? "valid" };
}

test.each([
  [z.object({ title: z.string().min(1) }), { title: "" }, "Enter a title."],
  [z.object({ title: z.string() }), {}, "Enter a title."],
  [z.object({ projectId: z.string().min(1) }), { projectId: "" }, "Enter a project."],
  [z.object({ title: z.string().max(200) }), { title: "x".repeat(201) }, "Must be at most 200 characters."],
  [z.object({ title: z.string().min(3) }), { title: "x" }, "Must be at least 3 characters."],
  [z.object({ limit: z.number().min(1) }), { limit: 0 }, "Must be 1 or more."],
  [z.object({ limit: z.number().positive() }), { limit: 0 }, "Must be more than 0."],
  [z.object({ limit: z.number().max(1_000) }), { limit: 2_000 }, "Must be 1,000 or less."],
  [z.object({ limit: z.int() }), { limit: 0.5 }, "Must be a whole number."],
  [z.object({ scopes: z.array(z.string()).min(1) }), { scopes: [] }, "Choose at least one."],
  [z.object({ role: z.enum(["viewer", "admin"]) }), { role: "x" }, "Must be one of viewer, admin."],
  [z.object({ url: z.url() }), { url: "x" }, "Enter a full URL, such as https://example.com."],
  [z.strictObject({}), { more: 1 }, "Unknown field: more."],
  [z.object({ name: z.string().regex(/^[a-z]+$/) }), { name: "A b" }, "Contains characters that aren't allowed here."],
  [z.object({ at: z.iso.datetime() }), { at: "x" }, "Enter a valid date and time."],
])("rewords a validation message for people, %#", (schema, value, words) => {
  expect(issueWords(issueOf(schema, value))).toBe(words);
});

test("keeps the contract's own messages", () => {
  expect(issueWords({ path: "cron", message: "minute 61 is out of range" })).toBe("minute 61 is out of range");
});

test("away from its field a message names it", () => {
  expect(namedIssue({ path: "task.title", message: "Too big: expected string to have <=200 characters" })).toBe(
    "Title: Must be at most 200 characters.",
  );
  expect(namedIssue({ path: "title", message: "Too small: expected string to have >=1 characters" })).toBe(
    "Enter a title.",
  );
});
