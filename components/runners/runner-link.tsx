import Link from "next/link";
import { runnerAddress } from "@/components/shell/addresses";
import { CopyButton } from "@/components/ui/copy";
import { shortenId } from "@/components/ui/format";

/** A runner's id, shortened, which leads to its page; whole on hover and when copied. */
export function RunnerLink({ id }: { id: string }) {
  return (
    <span className="relative inline-flex max-w-full items-center gap-0.5 font-mono text-xs">
      <Link href={runnerAddress(id)} prefetch={false} title={id} className="truncate text-accent hover:underline">
        {shortenId(id)}
      </Link>
      <CopyButton text={id} label={`Copy ${id}`} />
    </span>
  );
}
