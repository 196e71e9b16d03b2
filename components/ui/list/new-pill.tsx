"use client";
import { ArrowUp } from "lucide-react";
import { Button } from "@/components/ui/button";
import { formatPlural } from "@/components/ui/format";

/** Says how much is new, and shows it when asked: rows never jump under a reader's hand. */
export function NewPill({ count, noun, onShow }: { count: number; noun: string; onShow: () => void }) {
  return (
    <div role="status" className="relative z-10 h-0">
      {count > 0 && (
        <Button
          size="sm"
          variant="primary"
          className="absolute top-2 left-1/2 -translate-x-1/2 rounded-full shadow-pop"
          onClick={onShow}
        >
          <ArrowUp aria-hidden className="size-3.5" /> {formatPlural(count, noun)}
        </Button>
      )}
    </div>
  );
}
