import { CommandOutput, inRequiredOrder, OUTPUT_MAX_BYTES, OutputSchema } from "@/contract/output-schema";
import { schemaViolation } from "./schema-violation";

type Output = { output: Record<string, unknown> } | { fault: string };

const WHERE = "it is in the conversation";

/**
 * Returns the schema in a command's payload. undefined for a command from before there were schemas, whose value may
 * not be one.
 */
export function schemaIn({ outputSchema }: Record<string, unknown>): Record<string, unknown> | undefined {
  const schema = OutputSchema.safeParse(outputSchema).data;
  return schema === undefined ? undefined : inRequiredOrder(schema);
}

/**
 * Parses a turn's last message by its schema. Not every provider enforces a schema, and a model's answer may be cut
 * short, so the value is checked here too. The message of a fault quotes nothing of the answer.
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
  // Checks the value that will be stored, whose depth is bounded.
  const { data: output, error } = CommandOutput.safeParse(value);
  if (output === undefined) return unkept(String(error.issues[0]?.message));
  const misfit = schemaViolation(output, outputSchema);
  return misfit === null
    ? { output }
    : { fault: `the turn's last message does not fit its outputSchema: ${misfit}; ${WHERE}` };
}

function unkept(why: string): Output {
  return { fault: `the turn's last message cannot be its output: ${why}; ${WHERE}` };
}

/** A model that was told the format in words only may wrap its whole answer in a code fence. */
function unfenced(said: string): string {
  // `trim` also removes a byte order mark.
  const text = said.trim();
  return /^```(?:json)?(?![^\s{])([\s\S]*)```$/i.exec(text)?.[1]?.trim() ?? text;
}
