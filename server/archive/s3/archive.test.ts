import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, vi } from "vitest";
import { createS3Archive } from ".";

test("connects on a later call when the client could not be created at first", async () => {
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
  let opened = 0;
  const archive = createS3Archive({
    url: "s3://bucket/prefix",
    endpoint: `http://127.0.0.1:${port}`,
    // Read when a client is made: making one fails twice.
    get region() {
      opened += 1;
      if (opened <= 2) throw new Error("not configured yet");
      return "us-east-1";
    },
  });
  for (let tries = 0; tries < 2; tries += 1)
    await expect(archive.check()).rejects.toMatchObject({ cause: { message: "not configured yet" } });
  // By now the bucket itself answers.
  await expect(archive.check()).rejects.toMatchObject({ cause: { $metadata: { httpStatusCode: 404 } } });
  await archive.close();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

test.each(["nothing", "the beginning of an answer"])("gives up a bucket that sends %s", async (what) => {
  const server = createServer((_, response) => {
    if (what === "nothing") return;
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": 100 });
    response.write("x");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
  const archive = createS3Archive({
    url: "s3://bucket/prefix",
    endpoint: `http://127.0.0.1:${port}`,
    requestTimeoutMs: 300,
  });
  const message = expect.stringContaining("could not be reached");
  const refusal = { failureKind: "infra-failed", reason: "archive-unavailable", message };

  await expect(archive.get("ses_1", "a".repeat(64))).rejects.toMatchObject(refusal);
  if (what === "nothing") {
    await expect(archive.put("ses_1", "a".repeat(64), Buffer.from("x"))).rejects.toMatchObject(refusal);
    await expect(archive.removeAll("ses_1")).rejects.toMatchObject(refusal);
  }
  await archive.close();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});
