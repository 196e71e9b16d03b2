import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { agentrunOf, curlOf, withQuery } from "./curl";

test("a command line means the same to a shell, whatever it contains", () => {
  const path = "/runs?search=it's%20$HOME";
  const line = curlOf({ method: "POST", path, body: { reason: "it's `late`" } }, "http://127.0.0.1:3000");
  const script = `curl() { printf '%s\\n' "$@"; }; AGENTRUN_TOKEN=ara_x; ${line}`;
  const printed = execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  expect(printed).toEqual([
    ...["-H", "Authorization: Bearer ara_x", "-X", "POST", "-H", "Content-Type: application/json"],
    ...["-d", '{"reason":"it\'s `late`"}', `http://127.0.0.1:3000/api/v1${path}`],
  ]);
  expect(curlOf({ path: "/runs" }, "http://x")).not.toContain("-X");
});

test("a list's filter is in its path as REST reads it", () => {
  expect(withQuery("/sessions", {})).toBe("/sessions");
  expect(withQuery("/sessions", { state: "all", search: "a&b=c", unread: true, projectId: undefined })).toBe(
    "/sessions?state=all&search=a%26b%3Dc&unread=true",
  );
  const path = withQuery("/sessions", { metadata: { ticket: "7", "a&b": null } });
  expect(JSON.parse(new URLSearchParams(path.split("?")[1]).get("metadata") ?? "")).toEqual({
    ticket: "7",
    "a&b": null,
  });
});

test("a secret in a body becomes a shell variable, and appears nowhere in the line", () => {
  const body = { name: "it's", payload: { api_key: "hunter2", "access-token": "t0p", tokens: 7, note: "plain" } };
  const line = curlOf({ method: "POST", path: "/queue/tasks", body }, "http://x");
  expect(line).not.toMatch(/hunter2|t0p/);
  const script = `curl() { for part in "$@"; do printf '%s\n' "$part"; done; }; AGENTRUN_SECRET='s $3'; ${line}`;
  const printed = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\n");
  expect(JSON.parse(printed.find((part) => part.startsWith("{")) ?? "")).toEqual({
    name: "it's",
    payload: { api_key: "s $3", "access-token": "s $3", tokens: 7, note: "plain" },
  });
});

test("a deletion uses its method", () => {
  expect(curlOf({ method: "DELETE", path: "/x" }, "http://x")).toContain("-X DELETE");
});

test("the same call as an agentrun command has no secret either", () => {
  expect(agentrunOf({ path: "/runs?search=it's" }, "http://x")).toBe(
    `agentrun --url 'http://x' api GET '/runs?search=it'\\''s'`,
  );
  const body = { name: "it's", api_key: "hunter2" };
  const line = agentrunOf({ method: "POST", path: "/queue/tasks", body }, "http://x");
  const script = `agentrun() { printf '%s\\n' "$@"; }; AGENTRUN_SECRET='s $3'; ${line}`;
  const printed = execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  expect(printed).toEqual(["--url", "http://x", "api", "POST", "/queue/tasks", '{"name":"it\'s","api_key":"s $3"}']);
});
