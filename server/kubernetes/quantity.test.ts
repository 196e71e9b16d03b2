import { expect, test } from "vitest";
import { parseQuantity } from ".";

test("parses quantities as Kubernetes writes them, and nothing else", () => {
  const read: Record<string, number> = {
    ...{ "1073741824": 2 ** 30, "1Gi": 2 ** 30, "1.5Gi": 1.5 * 2 ** 30, "10G": 1e10, "500M": 5e8, "64Mi": 2 ** 26 },
    ...{ "1e3": 1_000, "100m": 1, "2Ti": 2 ** 41, "1k": 1_000, "0": 0 },
  };
  for (const [text, bytes] of Object.entries(read)) expect(parseQuantity(text), text).toBe(bytes);
  for (const text of ["", "Gi", "1gi", "-1", "1 Gi", "1Gib", "none", undefined]) expect(parseQuantity(text)).toBeNull();
});
