import { CommandOutput, OUTPUT_MAX_BYTES, OutputSchema, orderByRequired } from "@/contract/output-schema";
import { schemaViolation } from "./schema-violation";

type Output = { output: Record<string, unknown> } | { problem: string };

const LOCATION_HINT = "it is in the conversation";

/**
 * Returns the schema in a command's payload. undefined for a command from before there were schemas, whose value may
 * not be one.
 */
export function parseSchema({ outputSchema }: Record<string, unknown>): Record<string, unknown> | undefined {
  const schema = OutputSchema.safeParse(outputSchema).data;
  return schema === undefined ? undefined : orderByRequired(schema);
}

/**
 * Parses a turn's last message by its schema. Not every provider enforces a schema, and a model's answer may be cut
 * short, so the value is checked here too. The message of a fault quotes nothing of the answer.
 */
export function parseOutput(message: string | undefined, outputSchema: Record<string, unknown>): Output {
  if (message === undefined) return { problem: "the turn has an outputSchema, and ended without a message" };
  const json = stripCodeFence(message);
  if (Buffer.byteLength(json) > OUTPUT_MAX_BYTES) return unacceptable(`larger than ${OUTPUT_MAX_BYTES} bytes of JSON`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { problem: `the turn has an outputSchema, and its last message is not JSON; ${LOCATION_HINT}` };
  }
  // Checks the value that will be stored, whose depth is bounded.
  const { data: output, error } = CommandOutput.safeParse(value);
  if (output === undefined) return unacceptable(String(error.issues[0]?.message));
  const violation = schemaViolation(output, outputSchema);
  return violation === null
    ? { output }
    : { problem: `the turn's last message does not fit its outputSchema: ${violation}; ${LOCATION_HINT}` };
}

function unacceptable(reason: string): Output {
  return { problem: `the turn's last message cannot be its output: ${reason}; ${LOCATION_HINT}` };
}

/** A model that was told the format in words only may wrap its whole answer in a code fence. */
function stripCodeFence(message: string): string {
  // `trim` also removes a byte order mark.
  const text = message.trim();
  return /^```(?:json)?(?![^\s{])([\s\S]*)```$/i.exec(text)?.[1]?.trim() ?? text;
}
