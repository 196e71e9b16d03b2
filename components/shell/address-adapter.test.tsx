import { useQueryState } from "nuqs";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

vi.mock("next/navigation", () => ({
  usePathname: () => "/queue",
  useRouter: () => ({}),
  useSearchParams: () => new URLSearchParams(),
}));
// Its watch of the history needs a router that is mounted.
vi.mock("nuqs/adapters/next/app", () => ({ NuqsAdapter: ({ children }: { children: unknown }) => children }));

const setters = new Map<string, (value: string) => Promise<URLSearchParams>>();

function Reader({ name = "look" }: { name?: string }) {
  const [, set] = useQueryState(name);
  setters.set(name, set);
  return null;
}

/** A tab whose `location` stays what it was, as where the router puts an older address back. */
function stubTab(search: string) {
  const replaceState = vi.fn();
  const page = { origin: "http://console", pathname: "/queue" };
  vi.stubGlobal("location", { ...page, search, hash: "", href: `http://console/queue${search}` });
  vi.stubGlobal("window", { history: { replaceState } });
  return replaceState;
}

beforeEach(() => {
  // Another tab: what is noted of an address is the module's.
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("reading the URL does not use the write budget, and a write uses one", async () => {
  const { WriteBudget } = await import("./write-budget");
  const take = vi.spyOn(WriteBudget.prototype, "take");
  const replaceState = stubTab("");
  const { AddressAdapter } = await import("./address-adapter");
  renderToStaticMarkup(
    <AddressAdapter>
      {Array.from({ length: 30 }, (_, at) => at).map((at) => (
        <Reader key={at} />
      ))}
    </AddressAdapter>,
  );
  expect(take).not.toHaveBeenCalled();

  await setters.get("look")?.("a");
  expect(take).toHaveBeenCalledTimes(1);
  expect(replaceState).toHaveBeenCalledWith(null, "__nuqs__", "http://console/queue?look=a");
});

test("a second write keeps the first, whose address the router has put back", async () => {
  const replaceState = stubTab("?find=x");
  const { AddressAdapter } = await import("./address-adapter");
  renderToStaticMarkup(
    <AddressAdapter>
      <Reader name="wrap" />
      <Reader name="raw" />
    </AddressAdapter>,
  );
  await setters.get("wrap")?.("false");
  await setters.get("raw")?.("true");
  expect(replaceState).toHaveBeenLastCalledWith(null, "__nuqs__", "http://console/queue?find=x&wrap=false&raw=true");
});
