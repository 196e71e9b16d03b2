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

/** A path with what is asked of a list, as REST takes it. */
export function withQuery(path: string, input: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input)) if (value !== undefined) query.append(name, String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
