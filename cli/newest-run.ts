import type { Run } from "@/contract/run";
import type { Io } from "./io";

/** Returns a session's last run; undefined where it had none. */
export async function newestRun({ client }: Io, sessionId: string): Promise<Run | undefined> {
  const query = { sessionId, limit: 1 };
  const { items } = await client.call<{ items: Run[] }>({ method: "GET", path: "/runs", query });
  return items[0];
}
