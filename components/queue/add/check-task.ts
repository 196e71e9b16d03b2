import "./jitless";
import type { z } from "zod";
import { CreateTaskInput } from "@/contract/queue";

export type Checked<Input> = { input: Input | null; issues: { path: string; message: string }[] };

/** Reads a task that was typed as JSON by the schema that the server takes it by. */
export function checkTask(text: string): Checked<CreateTaskInput> {
  return checkJson(CreateTaskInput, text);
}

/** Reads what was typed as JSON by a schema. */
export function checkJson<Input>(schema: z.ZodType<Input>, text: string): Checked<Input> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { input: null, issues: [{ path: "", message: error instanceof Error ? error.message : "no JSON" }] };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { input: parsed.data, issues: [] };
  return {
    input: null,
    issues: parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })),
  };
}
