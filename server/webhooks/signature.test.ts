import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newWebhookSecret, signatureHeaders } from "./signature";

test("signs as in Standard Webhooks' own example", () => {
  // The example of the specification's reference libraries.
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const message = {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    sentAt: new Date(1_614_265_330_000),
    body: '{"test": 2432232314}',
  };
  expect(signatureHeaders([secret], message)).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("signs with each of two valid secrets", () => {
  const secrets = [newWebhookSecret(), newWebhookSecret()];
  const message = { id: "whd_1", sentAt: new Date(), body: "{}" };
  const headers = signatureHeaders(secrets, message);
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.replace("whsec_", ""), "base64");
    expect(key).toHaveLength(32);
    return `v1,${createHmac("sha256", key).update(`whd_1.${headers["webhook-timestamp"]}.{}`).digest("base64")}`;
  });
  expect(headers["webhook-signature"].split(" ")).toEqual(expected);
});

test("the verification documented for receivers accepts AgentRun's messages and nothing else", () => {
  const [, code = ""] =
    /```js\n(import .*?\n\n)(.*?)```/s.exec(readFileSync("docs/WEBHOOKS.md", "utf8"))?.slice(1) ?? [];
  const isFromAgentRun = new Function("createHmac", "timingSafeEqual", `${code}; return isFromAgentRun;`)(
    createHmac,
    timingSafeEqual,
  );
  const secrets = [newWebhookSecret(), newWebhookSecret()];
  const body = '{"type":"run.failed","data":{"title":"é"}}';
  const headers = signatureHeaders(secrets, { id: "whd_1", sentAt: new Date(), body });
  for (const secret of secrets) expect(isFromAgentRun(secret, headers, body)).toBe(true);
  expect(isFromAgentRun(newWebhookSecret(), headers, body)).toBe(false);
  expect(isFromAgentRun(secrets[0], headers, `${body} `)).toBe(false);
  expect(isFromAgentRun(secrets[0], { ...headers, "webhook-id": "whd_2" }, body)).toBe(false);
  expect(isFromAgentRun(secrets[0], { ...headers, "webhook-signature": "v1,AAAA v1," }, body)).toBe(false);
  const old = signatureHeaders(secrets, { id: "whd_1", sentAt: new Date(Date.now() - 600_000), body });
  expect(isFromAgentRun(secrets[0], old, body)).toBe(false);
});
