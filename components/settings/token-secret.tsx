import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy";

/** A token's secret, the one time that it is known. */
export function TokenSecret({ token, onClose }: { token: string; onClose: () => void }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p className="rounded-md bg-warn-soft p-2 text-xs text-warn">
        Copy this token now. You won't be able to see it again, and anyone who has it can use it.
      </p>
      <div className="flex items-center gap-2 rounded-md border bg-code p-2">
        <code className="min-w-0 flex-1 text-xs wrap-anywhere">{token}</code>
        <CopyButton text={token} label="Copy token" />
      </div>
      <p className="text-xs text-ink-2">
        Send it as <code>Authorization: Bearer …</code>. Commands copied as curl read it from{" "}
        <code>AGENTRUN_TOKEN</code>.
      </p>
      <Button variant="primary" className="self-end" onClick={onClose}>
        Done
      </Button>
    </div>
  );
}
