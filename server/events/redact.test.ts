import { expect, test } from "vitest";
import { TOKEN_PREFIX } from "@/server/identity";
import { redactJson, redactText } from "./redact";

test.each(["ara_", "aro_", "ars_", "arl_", "art_", "arm_", ...Object.values(TOKEN_PREFIX)])(
  "redacts AgentRun's own token: %s",
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
  'fetch("http://localhost:3000","a@b.c") {"url":"http://localhost:3000","email":"a@b.c"}',
  "see http://localhost:3000,ann@example.com",
  "it begins with -----BEGIN PRIVATE KEY----- and ends as it should, with the rest of the text",
  "Authorization: Bearer $TOKEN, Authorization: Bearer <token>, Bearer undefined",
  "const TOKEN=process.env.TOKEN; MAX_TOKEN=100000; API_KEY=$KEY TOKEN='$OTHER'",
  "sk-button-primary-Hover sk-learn-pipelines",
  "https://h/x?token=$TOKEN&password=<yours>",
  "docker run -u 1000:1000 image; curl -u $USER:$PASSWORD https://h; deploy --token=$TOKEN",
  '{"password": "Passwort", "token": "a string", "apiKey": "<your key>"}',
  "X-Api-Key: required",
])("keeps plain English unchanged: %s", (text) => {
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
  ['PASSWORD="correcthorse\nline2" b', 'PASSWORD=[redacted]\nline2" b'],
  [`ID_TOKEN="${"x".repeat(600)}" after`, "ID_TOKEN=[redacted] after"],
  ["+API_KEY='abcdefg", "+API_KEY=[redacted]"],
  ['API_KEY="abcdef123456', "API_KEY=[redacted]"],
  ['TOKEN="abc\\"def" after', "TOKEN=[redacted] after"],
  ["Basic YWxpY2U6cORzc3f2cmQ=", "Basic [redacted]"],
  ["http://u:p?a@h http://u:p#a@h", "http://u:[redacted]@h http://u:[redacted]@h"],
  ["curl -s -u ann:hunter2 https://h", "curl -s -u ann:[redacted] https://h"],
  ["curl --user 'ann:hunter2'", "curl --user 'ann:[redacted]'"],
  ["-H 'PRIVATE-TOKEN: abcdefgh1'", "-H 'PRIVATE-TOKEN: [redacted]'"],
  ["x-api-key: abcdefgh1", "x-api-key: [redacted]"],
  ["Authorization: ApiKey abc", "Authorization: ApiKey [redacted]"],
  ["psql --password=hunter2", "psql --password=[redacted]"],
  ['{"db_password": "hunter2hunter2", "b": 1}', '{"db_password": "[redacted]", "b": 1}'],
  [`npm_${"a".repeat(36)} hf_${"b".repeat(34)} sk_live_${"c".repeat(24)}`, "[redacted] [redacted] [redacted]"],
  [`pypi-${"a".repeat(60)}`, "[redacted]"],
  [`-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${"A".repeat(64)}\n${"B".repeat(64)}`, "[redacted]"],
  [`a -----BEGIN PRIVATE KEY-----\\n${"A".repeat(64)}\\n-----END PRIVATE KEY----- b`, "a [redacted] b"],
])("redacts a credential and keeps the text around it: %s", (text, redacted) => {
  expect(redactText(text)).toBe(redacted);
});

test("redacts a value by its key's name in every spelling", () => {
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
])("redacts in linear time: %s, repeated", (part) => {
  const startedMs = performance.now();
  redactText(part.repeat(Math.ceil(1_000_000 / part.length)));
  // A thousand times the time needed; a pattern that starts over at each position would take minutes.
  expect(performance.now() - startedMs).toBeLessThan(20_000);
});
