import { useQueryState } from "nuqs";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import { AddressAdapter } from "./address-adapter";
import { WriteBudget } from "./write-budget";

vi.mock("next/navigation", () => ({
  usePathname: () => "/queue",
  useRouter: () => ({}),
  useSearchParams: () => new URLSearchParams(),
}));
// Its watch of the history needs a router that is mounted.
vi.mock("nuqs/adapters/next/app", () => ({ NuqsAdapter: ({ children }: { children: unknown }) => children }));

const setters: ((value: string) => Promise<URLSearchParams>)[] = [];

function Reader() {
  const [, set] = useQueryState("look");
  setters.push(set);
  return null;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("reading the URL does not use the write budget, and a write uses one", async () => {
  const take = vi.spyOn(WriteBudget.prototype, "take");
  const replaceState = vi.fn();
  vi.stubGlobal("location", {
    origin: "http://console",
    pathname: "/queue",
    search: "",
    hash: "",
    href: "http://console/queue",
  });
  vi.stubGlobal("window", { history: { replaceState } });
  renderToStaticMarkup(
    <AddressAdapter>
      {Array.from({ length: 30 }, (_, at) => at).map((at) => (
        <Reader key={at} />
      ))}
    </AddressAdapter>,
  );
  expect(take).not.toHaveBeenCalled();

  await setters[0]?.("a");
  expect(take).toHaveBeenCalledTimes(1);
  expect(replaceState).toHaveBeenCalledWith(null, "__nuqs__", "http://console/queue?look=a");
});
