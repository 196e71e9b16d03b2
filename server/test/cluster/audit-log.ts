import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

type ObjectMeta = {
  name?: string;
  uid?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
};

/** One request as the API server recorded it, with the fields that a checker reads. */
export type AuditEvent = {
  stage: string;
  verb: string;
  user: { username: string };
  impersonatedUser?: { username: string };
  objectRef?: { resource: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  requestObject?: { preconditions?: { uid?: string; resourceVersion?: string } };
  responseObject?: { kind?: string; metadata?: ObjectMeta };
  /** When the API server got the request, by its own clock. */
  requestReceivedTimestamp: string;
};

/** The user as whom a test plays a person at the cluster: what that person deletes is not AgentRun's doing. */
export const PERSON = "a-person";

/**
 * Reads what was done in a namespace, in the order of the log: requests that succeeded, except those of the cluster
 * itself.
 */
export async function readAuditLog(file: string, namespace: string): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const line of createInterface({ input: createReadStream(file, "utf8") })) {
    if (!line.includes(namespace)) continue;
    const event: AuditEvent = JSON.parse(line);
    const isDone = event.stage === "ResponseComplete" && (event.responseStatus?.code ?? 500) < 300;
    if (!isDone || event.objectRef?.namespace !== namespace) continue;
    if (event.user.username.startsWith("system:") || event.impersonatedUser?.username === PERSON) continue;
    events.push(event);
  }
  return events;
}
