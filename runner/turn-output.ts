import { z } from "zod";
import { CommandOutput, checkedPart, inRequiredOrder, OutputSchema } from "@/contract/output-schema";

type Output = { output: Record<string, unknown> } | { fault: string };

const KEPT = "its last message is in the conversation";
const PLACE_LENGTH_MAX = 200;

/** The schema in a command's payload; undefined for one from before there were any, which may be none. */
export function schemaIn({ outputSchema }: Record<string, unknown>): Record<string, unknown> | undefined {
  const schema = OutputSchema.safeParse(outputSchema).data;
  return schema === undefined ? undefined : inRequiredOrder(schema);
}

/**
 * Reads a turn's last message by its schema. Not every provider keeps to one, and a model may be cut short, so the value
 * is held against it. A fault quotes nothing of what was said.
 */
export function readOutput(said: string | undefined, outputSchema: Record<string, unknown>): Output {
  if (said === undefined) return { fault: "the turn has an outputSchema, and ended without a message" };
  let value: unknown;
  try {
    value = JSON.parse(unfenced(said));
  } catch {
    return { fault: `the turn has an outputSchema, and its last message is not JSON; ${KEPT}` };
  }
  const misfit = misfitOf(value, outputSchema);
  if (misfit !== null) return { fault: `the turn's last message does not fit its outputSchema: ${misfit}; ${KEPT}` };
  const { data: output, error } = CommandOutput.safeParse(value);
  if (output === undefined) return { fault: `the turn's output cannot be kept: ${error?.issues[0]?.message}; ${KEPT}` };
  return { output };
}

/** A model that was told the form in words alone may fence its answer as code. */
function unfenced(said: string): string {
  return /^```(?:json)?\s*\n([\s\S]*)\n```$/.exec(said.trim())?.[1] ?? said;
}

/** Where and how a value does not fit; null where it does. */
function misfitOf(value: unknown, outputSchema: Record<string, unknown>): string | null {
  try {
    // Its annotations go into a registry of its own: the library's lives as long as the process.
    const schema = z.fromJSONSchema(checkedPart(outputSchema), { registry: z.registry() });
    const [issue] = schema.safeParse(value).error?.issues ?? [];
    if (issue === undefined) return null;
    // Names that the schema does not say are the value's own.
    const said = JSON.stringify(outputSchema);
    const names = issue.path.map((part) =>
      typeof part === "number" || said.includes(JSON.stringify(part)) ? part : "*",
    );
    const place = ["$", ...names].join(".");
    const at = place.length > PLACE_LENGTH_MAX ? `${place.slice(0, PLACE_LENGTH_MAX)}…` : place;
    return `${at} ${WORDS[issue.code] ?? "is not as it says"}`;
  } catch (error) {
    return `it cannot be held against it (${error instanceof Error ? error.message : String(error)})`;
  }
}

const WORDS: Record<string, string> = {
  invalid_type: "is missing or of another type",
  invalid_value: "is none of the values that it names",
  unrecognized_keys: "has properties that it does not know",
  invalid_union: "is none of what it may be",
  too_small: "is too small or short",
  too_big: "is too large or long",
  not_multiple_of: "is no multiple of what it says",
};
