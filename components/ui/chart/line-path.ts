/** A figure for each step of a picture; null where nothing was noted. */
export type StepValues = (number | null)[];

/** A course as steps one wide, broken where nothing was noted; an area stands on the ground. */
export function linePath(values: StepValues, options: { top: number; height: number; isArea: boolean }): string {
  const y = (value: number) => Math.round((options.height - (value / options.top) * options.height) * 100) / 100;
  const parts: string[] = [];
  let isOpen = false;
  values.forEach((value, step) => {
    if (value === null) {
      isOpen = false;
      return;
    }
    if (options.isArea) parts.push(`M${step} ${options.height}V${y(value)}H${step + 1}V${options.height}Z`);
    else parts.push(`${isOpen ? "L" : "M"}${step} ${y(value)}L${step + 1} ${y(value)}`);
    isOpen = true;
  });
  return parts.join("");
}
