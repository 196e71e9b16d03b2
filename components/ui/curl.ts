import { toast } from "sonner";
import { copyText } from "./copy";

type Call = { method?: "GET" | "POST"; path: string; body?: object };

/** A call of the API as a line for a shell; the token is the reader's own. */
export function curlOf({ method = "GET", path, body }: Call, origin: string): string {
  const parts = ["curl", '-H "Authorization: Bearer $AGENTRUN_TOKEN"'];
  if (method !== "GET") parts.push(`-X ${method}`);
  if (body !== undefined) parts.push('-H "Content-Type: application/json"', `-d ${quote(JSON.stringify(body))}`);
  return [...parts, quote(`${origin}/api/v1${path}`)].join(" ");
}

/** Copies such a line and says so. */
export async function copyCurl(call: Call): Promise<void> {
  await copyText(curlOf(call, window.location.origin));
  toast.success("Copied as curl: it asks with AGENTRUN_TOKEN");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
