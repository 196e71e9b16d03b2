import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { startApiProxy } from "@/server/test/cluster/api-proxy";
import { createTestNamespace } from "@/server/test/cluster/namespace";
import { testContext } from "@/server/test/context";
import { createKubernetesVolumes } from "@/server/volumes/kubernetes";
import { createSession } from ".";

test("creating a session and its claim takes one API call, and as many again to observe it", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using proxy = await startApiProxy(place);
  const policy = { accessMode: "ReadWriteOncePod", defaultSizeBytes: 1024 ** 2 } as const;
  const volumes = createKubernetesVolumes({ cluster: proxy.cluster, policy });
  await using ctx = testContext(database, { settings: { executor: "kubernetes" }, volumes });
  const input = { sessionId: "ses_counted", backendProfile: "codex" };

  expect(await createSession(ctx, input)).toMatchObject({ sessionId: "ses_counted" });
  expect(proxy.calls).toEqual([`POST /api/v1/namespaces/${place.name}/persistentvolumeclaims`]);
  expect(await volumes.find(volumes.nameFor("ses_counted"))).not.toBeNull();
  const before = proxy.calls.length;
  await createSession(ctx, input);
  expect(proxy.calls.length - before).toBeLessThanOrEqual(3);
});
