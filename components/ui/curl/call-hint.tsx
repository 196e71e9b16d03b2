"use client";
import { Button } from "@/components/ui/button";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Call } from "./curl";

// What is empty is rarely filled by hand; it is there by the time of a press.
const loadCurl = () => import("./curl");

/** The call of the API that would fill what is empty: to be read, and to be copied for a shell. */
export function CallHint({ label, call }: { label: string; call: Call }) {
  const { method = "GET", path, body } = call;
  return (
    <div className="mt-2 flex flex-col gap-1">
      <p>{label}</p>
      <div className="flex items-start gap-1 rounded-md border bg-code p-1 pl-2">
        <code className="min-w-0 flex-1 py-1 text-left text-xs wrap-anywhere">
          {method} /api/v1{path} {body === undefined ? "" : revealHidden(JSON.stringify(body))}
        </code>
        <Button
          variant="ghost"
          size="sm"
          onPointerEnter={() => void loadCurl()}
          onFocus={() => void loadCurl()}
          onClick={() => void loadCurl().then(({ copyCurl }) => copyCurl(call))}
        >
          Copy as curl
        </Button>
      </div>
    </div>
  );
}
