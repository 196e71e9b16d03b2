import { expect, test } from "vitest";
import { isFiltered, type StorageFilter, scopeInput, storageInput } from "./filter";

const NONE: StorageFilter = {
  state: null,
  kind: null,
  tenant: null,
  project: null,
  search: "",
  pinned: null,
  expired: null,
  sort: "updatedAt",
  ...{ expires: null, attached: null, healthy: null, archive: null, larger: null },
};

test("a filter sets exactly its own input", () => {
  expect(storageInput(NONE)).toEqual({});
  expect(
    storageInput({ ...NONE, state: "live", project: "shop", pinned: false, expired: true, sort: "sizeBytes" }),
  ).toEqual({ storageState: "live", projectId: "shop", pinned: false, isExpired: true, sort: "sizeBytes" });
  expect(
    storageInput({ ...NONE, expires: 48, attached: false, healthy: false, archive: "behind", larger: "1GiB" }),
  ).toEqual({
    ...{ expiresWithinMinutes: 2_880, isAttached: false, isHealthy: false, archive: "behind" },
    largerThanBytes: 2 ** 30,
  });
  expect(scopeInput({ ...NONE, tenant: "acme", project: "shop" })).toEqual({ tenantId: "acme", projectId: "shop" });
});

test("another order hides no rows", () => {
  expect(isFiltered({ ...NONE, sort: "expiresAt" })).toBe(false);
  expect(isFiltered({ ...NONE, pinned: false })).toBe(true);
});
