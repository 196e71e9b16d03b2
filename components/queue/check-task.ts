import { CreateTaskInput } from "@/contract/queue";

export type Checked = { input: CreateTaskInput | null; issues: { path: string; message: string }[] };

/** Reads a task that was typed as JSON by the schema that the server takes it by. */
export function checkTask(text: string): Checked {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { input: null, issues: [{ path: "", message: error instanceof Error ? error.message : "no JSON" }] };
  }
  const parsed = CreateTaskInput.safeParse(value);
  if (parsed.success) return { input: parsed.data, issues: [] };
  return {
    input: null,
    issues: parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })),
  };
}
