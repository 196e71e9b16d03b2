import { toast } from "sonner";
import { copyText } from "@/components/ui/copy";
import { isSecretKey } from "@/contract/secret-keys";

/** A call of the API; what it is told stands in its path, or in a body of JSON. */
export type Call = { method?: "GET" | "POST" | "PATCH" | "DELETE"; path: string; body?: object };

/** In place of a secret, until the shell puts in what its variable holds; no text of ours has this character. */
const SECRET = "\u{F8FF}";

/** A call of the API as a line for a shell. The token is the reader's own, and secrets in the body are too. */
export function curlOf({ method = "GET", path, body }: Call, origin: string): string {
  const parts = ["curl", '-H "Authorization: Bearer $AGENTRUN_TOKEN"'];
  if (method !== "GET") parts.push(`-X ${method}`);
  if (body !== undefined) parts.push('-H "Content-Type: application/json"', `-d ${quote(jsonOf(body))}`);
  return [...parts, quote(`${origin}/api/v1${path}`)].join(" ");
}

/** The same for the command line. */
export function agentrunOf({ method = "GET", path, body }: Call, origin: string): string {
  const parts = ["agentrun", `--url ${quote(origin)}`, "api", method, quote(path)];
  return (body === undefined ? parts : [...parts, quote(jsonOf(body))]).join(" ");
}

/** Copies such a line and says so; from there it is had for the command line too. */
export async function copyCurl(call: Call): Promise<void> {
  await copyLine("curl", curlOf(call, window.location.origin), {
    action: {
      label: "As agentrun",
      onClick: () => void copyLine("agentrun", agentrunOf(call, window.location.origin)),
    },
  });
}

async function copyLine(format: string, line: string, options?: Parameters<typeof toast.success>[1]): Promise<void> {
  await copyText(line);
  const secretNote = line.includes("$AGENTRUN_SECRET") ? ", and takes secrets from AGENTRUN_SECRET" : "";
  toast.success(`Copied as ${format}: it asks with AGENTRUN_TOKEN${secretNote}`, options);
}

/** A path with what it is told, as REST takes it of a list or of what is deleted. */
export function withQuery(path: string, input: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input) as [string, unknown][])
    if (value !== undefined) query.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}

function jsonOf(body: object): string {
  return JSON.stringify(body, (key, value: unknown) =>
    typeof value === "string" && value !== "" && isSecretKey(key) ? SECRET : value,
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''").replaceAll(SECRET, `'"$AGENTRUN_SECRET"'`)}'`;
}
