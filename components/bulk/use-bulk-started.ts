import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { bulkAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";

/** Says that an action on many has begun, with the way to it, and has lists show it. */
export function useBulkStarted(): (id: string, words: string) => void {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  return (id, words) => {
    void client.invalidateQueries({ queryKey: trpc.bulk.pathKey() });
    toast.success(words, { action: { label: "Open", onClick: () => router.push(bulkAddress(id)) } });
  };
}
