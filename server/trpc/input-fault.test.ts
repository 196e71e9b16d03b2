import { expect, test } from "vitest";
import { z } from "zod";
import { CreateBulkInput } from "@/contract/bulk";
import { inputFault } from "./init";

function messageOf(schema: z.ZodType, input: unknown): string {
  const { error } = schema.safeParse(input);
  if (error === undefined) throw new Error("it is valid");
  return inputFault(error).message;
}

test("reports the fault of the union member that the input is closest to", () => {
  const bulk = { kind: "task", action: "cancel" };
  expect(messageOf(CreateBulkInput, { ...bulk, filter: { nope: 1 } })).toBe('filter: Unrecognized key: "nope"');
  expect(messageOf(CreateBulkInput, { ...bulk, filter: { queue: 7 } })).toMatch(/^filter\.queue: .*expected string/);
  const nested = z.strictObject({ at: z.union([z.string(), z.strictObject({ to: z.union([z.int(), z.boolean()]) })]) });
  expect(messageOf(nested, { at: { to: "x" } })).toMatch(/^at(\.to)?: /);
});
