import type { RefreshStorageInput, StorageSummary } from "@/contract/storage";

/** What a volume holds, as it is typed. */
type TypedReport = { bytes: string; files: string; sha256: string };
type Report = Pick<RefreshStorageInput, "storageSizeBytes" | "storageFilesCount" | "storageSha256">;

/** What was reported last; empty where nothing was. */
export function reportOf({
  sizeBytes,
  filesCount,
  sha256,
}: Pick<StorageSummary, "sizeBytes" | "filesCount" | "sha256">): TypedReport {
  return { bytes: String(sizeBytes ?? ""), files: String(filesCount ?? ""), sha256: sha256 ?? "" };
}

/** What was typed as the server takes it; null while it is none. */
export function readReport({ bytes, files, sha256 }: TypedReport): Report | null {
  const count = (typed: string) => (/^\d+$/.test(typed.trim()) ? Number(typed) : null);
  const [storageSizeBytes, storageFilesCount, storageSha256] = [
    count(bytes),
    count(files),
    sha256.trim().toLowerCase(),
  ];
  if (storageSizeBytes === null || storageFilesCount === null || !/^[0-9a-f]{64}$/.test(storageSha256)) return null;
  return { storageSizeBytes, storageFilesCount, storageSha256 };
}
