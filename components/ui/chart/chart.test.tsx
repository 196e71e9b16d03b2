import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Chart } from "./chart";
import { Sparkline } from "./sparkline";

const chart = (rows: [string, ...string[]][]) =>
  renderToStaticMarkup(
    <Chart
      title="Waiting"
      summary="What waited"
      scale={{ top: 10, format: String }}
      from="1 h ago"
      to="now"
      legend="none"
      plot={<svg aria-hidden="true" />}
      columns={["When", "fast", "slow"]}
      rows={rows}
      unit="tasks"
      isNewestFirst
    />,
  );
const attribute = (html: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(html)?.[1];

test("a chart is a named image with a slider over its points that starts at the newest", () => {
  const html = chart([
    ["10:00", "1", "2"],
    ["10:05", "3", "4"],
  ]);
  expect(html).toContain('role="img" aria-label="What waited"');
  const slider = /<div role="slider"[^>]*>/.exec(html)?.[0] ?? "";
  expect(attribute(slider, "aria-label")).toBe("Waiting, point by point");
  expect(attribute(slider, "aria-valuetext")).toBe("10:05, tasks: fast 3, slow 4");
  expect(
    ["tabindex", "aria-valuemin", "aria-valuemax", "aria-valuenow"].map((name) => attribute(slider, name)),
  ).toEqual(["0", "0", "1", "1"]);
  // The table is turned round, the picture's points are not.
  expect(html.indexOf(">10:05<")).toBeLessThan(html.indexOf(">10:00<"));
});

test("a chart without points has no slider", () => {
  expect(chart([])).not.toContain("slider");
});

test("the points of a small line lie on it", () => {
  const html = renderToStaticMarkup(
    <Sparkline
      title="Tasks that waited"
      label="what waited"
      values={[1, 2, 1_200]}
      axis={{ fromMs: 0, toMs: 3 }}
      nameOf={(step) => `minute ${step}`}
      unit="tasks waiting"
    />,
  );
  expect(attribute(html, "aria-valuetext")).toBe("minute 2: tasks waiting 1.2k");
  expect(attribute(html, "aria-valuemax")).toBe("2");
});
