import { toast } from "sonner";
import { beforeEach, expect, test } from "vitest";
import { toastError, toastProblem } from "./error-toast";

beforeEach(() => void toast.dismiss());

test("an error with its request id stays until it is closed", () => {
  toastError(new Error("the volume is in use"));
  toastProblem("demo: no answer");
  const shown = toast.getToasts();
  expect(shown).toHaveLength(2);
  for (const notice of shown) {
    expect(notice).toMatchObject({ type: "error", duration: Number.POSITIVE_INFINITY, closeButton: true });
  }
  expect(shown.map((notice) => "title" in notice && notice.title)).toEqual(["the volume is in use", "demo: no answer"]);
});

test("repeated errors are shown once", () => {
  toastProblem("demo: no answer");
  toastProblem("demo: no answer");
  expect(toast.getToasts()).toHaveLength(1);
});
