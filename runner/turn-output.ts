import { CommandOutput, inRequiredOrder, OUTPUT_MAX_BYTES, OutputSchema } from "@/contract/output-schema";
import { misfitOf } from "./misfit";

type Output = { output: Record<string, unknown> } | { fault: string };

const WHERE = "it is in the conversation";

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
  const json = unfenced(said);
  if (Buffer.byteLength(json) > OUTPUT_MAX_BYTES) return unkept(`larger than ${OUTPUT_MAX_BYTES} bytes of JSON`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { fault: `the turn has an outputSchema, and its last message is not JSON; ${WHERE}` };
  }
  // What is held against the schema is what will be stored, whose depth is bounded.
  const { data: output, error } = CommandOutput.safeParse(value);
  if (output === undefined) return unkept(String(error.issues[0]?.message));
  const misfit = misfitOf(output, outputSchema);
  return misfit === null
    ? { output }
    : { fault: `the turn's last message does not fit its outputSchema: ${misfit}; ${WHERE}` };
}

function unkept(why: string): Output {
  return { fault: `the turn's last message cannot be its output: ${why}; ${WHERE}` };
}

/** A model that was told the form in words alone may fence its answer as code, whole. */
function unfenced(said: string): string {
  // A byte order mark is white space to `trim`.
  const text = said.trim();
  return /^```(?:json)?(?![^\s{])([\s\S]*)```$/i.exec(text)?.[1]?.trim() ?? text;
}
