import { expect, test } from "vitest";
import { UncommittedWrites } from "./uncommitted-writes";

function written(...searches: string[]): UncommittedWrites {
  const writes = new UncommittedWrites();
  for (const search of searches) writes.add(search);
  return writes;
}

test("the newest write counts until the router has rendered it", () => {
  const writes = written("a=1", "a=1&b=1", "a=1&b=1&c=1");
  writes.commit("a=1");
  expect(writes.newest).toBe("a=1&b=1&c=1");
  writes.commit("a=1&b=1&c=1");
  expect(writes.newest).toBeNull();
});

test("no write counts once the tab is somewhere else", () => {
  const writes = written("a=1", "a=1&b=1");
  writes.commit("");
  expect(writes.newest).toBeNull();
  writes.add("a=2");
  writes.clear();
  expect(writes.newest).toBeNull();
});
