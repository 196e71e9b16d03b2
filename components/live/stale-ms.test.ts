import { afterEach, expect, test } from "vitest";
import { setServerTime, toServerTime } from "@/components/ui/time/clock";
import { staleMs } from "./stale-ms";

afterEach(() => setServerTime(new Date().toISOString()));

test("how old a page is does not depend on how wrong this machine's clock is", () => {
  for (const aheadMs of [-600_000, 0, 600_000]) {
    setServerTime(new Date(Date.now() - aheadMs).toISOString());
    const staleSinceMs = Date.now();
    const nowMs = toServerTime(staleSinceMs + 5_000);
    expect(staleMs({ staleSinceMs }, nowMs), `${aheadMs} ms ahead`).toBe(5_000);
  }
});
