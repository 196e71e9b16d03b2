import { expect, test } from "vitest";
import { RefreshStorageInput } from "@/contract/storage";
import { readReport, reportOf } from "./report";

const SHA256 = "0123456789abcdef".repeat(4);

test("parses the last report, and rejects anything else", () => {
  const report = readReport(reportOf({ sizeBytes: 10, filesCount: 2, sha256: SHA256 }));
  expect(report).toEqual({ storageSizeBytes: 10, storageFilesCount: 2, storageSha256: SHA256 });
  expect(RefreshStorageInput.safeParse({ sessionId: "ses_a", ...report }).success).toBe(true);
  expect(readReport(reportOf({ sizeBytes: null, filesCount: null, sha256: null }))).toBeNull();
  const typed = { bytes: " 7 ", files: "0", sha256: ` ${SHA256.toUpperCase()} ` };
  expect(readReport(typed)).toEqual({ storageSizeBytes: 7, storageFilesCount: 0, storageSha256: SHA256 });
  for (const wrong of [{ bytes: "-1" }, { bytes: "1e3" }, { files: "" }, { files: "1.5" }, { sha256: "abc" }])
    expect(readReport({ ...typed, ...wrong }), JSON.stringify(wrong)).toBeNull();
});
