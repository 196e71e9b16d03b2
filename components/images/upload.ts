import { attachmentUploadAddress, type ImageOwner } from "@/components/shell/addresses";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Attachment } from "@/contract/attachment";
import type { ErrorBody } from "@/contract/errors";

type Upload = { owner: ImageOwner; file: Blob; name: string; onProgress: (share: number) => void; signal: AbortSignal };

/** Sends an image to its session or project. By the request that tells how far it is; what it throws is to be shown. */
export function uploadImage({ owner, file, name, onProgress, signal }: Upload): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", attachmentUploadAddress(owner, name));
    request.responseType = "json";
    // What it is the server reads from the bytes themselves.
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      if (request.status === 200) return resolve(request.response as Attachment);
      const { error } = (request.response ?? {}) as { error?: ErrorBody };
      reject(new Error(error === undefined ? `the server answered ${request.status}` : revealHidden(error.message)));
    };
    request.onerror = () => reject(new Error("the server does not answer"));
    request.onabort = () => reject(new Error("it was removed"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
