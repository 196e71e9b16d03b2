import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { curlOf, withQuery } from "./curl";

test("a line means the same to a shell, whatever is in it", () => {
  const path = "/runs?search=it's%20$HOME";
  const line = curlOf({ method: "POST", path, body: { reason: "it's `late`" } }, "http://127.0.0.1:3000");
  const script = `curl() { printf '%s\\n' "$@"; }; AGENTRUN_TOKEN=ara_x; ${line}`;
  const told = execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  expect(told).toEqual([
    ...["-H", "Authorization: Bearer ara_x", "-X", "POST", "-H", "Content-Type: application/json"],
    ...["-d", '{"reason":"it\'s `late`"}', `http://127.0.0.1:3000/api/v1${path}`],
  ]);
  expect(curlOf({ path: "/runs" }, "http://x")).not.toContain("-X");
});

test("a list's filter stands in its path as REST reads it", () => {
  expect(withQuery("/sessions", {})).toBe("/sessions");
  expect(withQuery("/sessions", { state: "all", search: "a&b=c", unread: true, projectId: undefined })).toBe(
    "/sessions?state=all&search=a%26b%3Dc&unread=true",
  );
});
