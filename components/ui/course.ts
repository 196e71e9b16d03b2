/** A figure for each step of a picture; null where nothing was noted. */
export type Course = (number | null)[];

/** A course as steps one wide, broken where nothing was noted; an area stands on the ground. */
export function linePath(course: Course, box: { top: number; height: number; isArea: boolean }): string {
  const y = (value: number) => Math.round((box.height - (value / box.top) * box.height) * 100) / 100;
  const parts: string[] = [];
  let isOpen = false;
  course.forEach((value, step) => {
    if (value === null) {
      isOpen = false;
      return;
    }
    if (box.isArea) parts.push(`M${step} ${box.height}V${y(value)}H${step + 1}V${box.height}Z`);
    else parts.push(`${isOpen ? "L" : "M"}${step} ${y(value)}L${step + 1} ${y(value)}`);
    isOpen = true;
  });
  return parts.join("");
}
