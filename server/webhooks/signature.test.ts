import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { newWebhookSecret, signatureHeaders } from "./signature";

test("a message is signed as Standard Webhooks' own example is", () => {
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

test("while two secrets are good each signs for itself", () => {
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
