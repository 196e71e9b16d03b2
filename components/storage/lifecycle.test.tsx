import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { sentence } from "@/components/ui/format";
import type { StorageState } from "@/contract/words";
import { Lifecycle } from "./lifecycle";

const stepsOf = (state: StorageState) => {
  const html = renderToStaticMarkup(<Lifecycle state={state} />);
  const current = /<li aria-current="step"[^>]*>.*?<\/li>/.exec(html)?.[0].replace(/<[^>]+>/g, "");
  return { current, count: html.match(/aria-current/g)?.length ?? 0 };
};

test.each(["creating", "live", "archiving", "deleting", "evicted", "restoring"] as const)(
  "a volume that is %s is at exactly that step",
  (state) => {
    expect(stepsOf(state)).toEqual({ current: `${sentence(state)} (now)`, count: 1 });
  },
);
