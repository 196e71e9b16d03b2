import { expect, test } from "vitest";
import { TOKEN_PREFIX } from "@/server/identity";
import { redactJson, redactText } from "./redact";

test.each(["ara_", "aro_", "ars_", "arl_", "art_", "arm_", ...Object.values(TOKEN_PREFIX)])(
  "a token of AgentRun's own is redacted: %s",
  (prefix) => {
    expect(redactText(`before ${prefix}${"A".repeat(43)} after`)).toBe("before [redacted] after");
  },
);

test.each([
  "I set up a basic structure and basic functionality.",
  "Basic authentication failed; bearer authentication works.",
  "Bearer tokens/cookies, Bearer authentication-required, a bearer credential, Bearer tokens.",
  "Visual Basic programming with basic knowledge, basic4all and Basic Python3 modules",
  "import sk-learn-something-long-name and sk-estimators-and-pipelines",
  "Cookie: without any, and a cookie: it = crumbs",
  "authorization: required by the token endpoint",
  "see http://localhost:3000/a?mail=ann@example.com and http://localhost:3000?mail=ann@example.com",
  "git@github.com:owner/name, https://example.com/@ann, a:b@c",
  "https://example.com/?page=token&tokens=12345",
  "task-list, disk-usage-of-all-things, ask-anything-you-like-here",
])("plain English stays as it is: %s", (text) => {
  expect(redactText(text)).toBe(text);
});

test.each([
  ["authorization: Bearer s3cr3t", "authorization: Bearer [redacted]"],
  ['{"Authorization": "Bearer secret"}', '{"Authorization": "Bearer [redacted]"}'],
  ["Proxy-Authorization: Basic x", "Proxy-Authorization: Basic [redacted]"],
  ["Bearer abc123, then", "Bearer [redacted], then"],
  ["bearer abc.def.ghi", "bearer [redacted]"],
  ["Bearer quitesecret", "Bearer [redacted]"],
  ["curl -H 'Basic dTpw'", "curl -H 'Basic [redacted]'"],
  ["Basic dXNlcjpwYXNz end", "Basic [redacted] end"],
  [`Basic ${Buffer.from("ann:pässword").toString("base64")}`, "Basic [redacted]"],
  [`sk-${"a".repeat(20)}`, "[redacted]"],
  ["sk-ant-api03-abc-def-ghi", "[redacted]"],
  ["-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----\nafter", "[redacted]\nafter"],
  ["xoxc-1234567890 xoxd-abc%2Fdef%2Fghi", "[redacted] [redacted]"],
  ["https://hooks.slack.com/services/T000/B000/XXXX", "https://hooks.slack.com/services/[redacted]"],
  ["https://user:p@ssw0rd!x@host/a@b", "https://user:[redacted]@host/a@b"],
  ["https://h/x?a=1&access_token=abcd&b=2", "https://h/x?a=1&access_token=[redacted]&b=2"],
  ["https://h/x?password=hunter2#top", "https://h/x?password=[redacted]#top"],
  ["https://b/o?X-Amz-Signature=0123abcd", "https://b/o?X-Amz-Signature=[redacted]"],
  ["PGPASSWORD='hunter2 hunter2' psql", "PGPASSWORD=[redacted] psql"],
  ["Set-Cookie: sid=abc; Path=/\nnext", "Set-Cookie: [redacted]\nnext"],
])("a credential is redacted, and what stands around it stays: %s", (text, redacted) => {
  expect(redactText(text)).toBe(redacted);
});

test("what stands under a key is redacted by the key's name, however it is written", () => {
  const keys = ["api.key", "authorizationHeader", "credentials", "X-Api-Key", "client secret", "tokenValue"];
  for (const key of keys) expect(redactJson({ [key]: "abc" }), key).toEqual({ [key]: "[redacted]" });
  const kept = { tokenCount: "abc", keyboard: "abc", pwd: "/repo", author: "abc", headers: "abc" };
  expect(redactJson(kept)).toEqual(kept);
});

test.each([
  "sk-",
  "Bearer a",
  "basic YTpi",
  "https://a:",
  "cookie: a=",
  "authorization: bearer ",
  "?token=",
  "A_SECRET='",
])("no text makes it slow: %s, again and again", (part) => {
  const startedMs = performance.now();
  redactText(part.repeat(Math.ceil(1_000_000 / part.length)));
  // A thousand times what it takes; a pattern that tries each place anew takes minutes.
  expect(performance.now() - startedMs).toBeLessThan(20_000);
});
