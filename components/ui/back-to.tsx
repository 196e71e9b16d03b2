"use client";
import { ChevronLeft } from "lucide-react";
import Link from "next/link";
import { useListAddress } from "@/components/shell/list-address";
import { cn } from "./class-names";

type BackToProps = { href: string; name: string; className?: string };

/** The way up, before a page's title; to a list as it was shown last. */
export function BackTo({ href, name, className }: BackToProps) {
  return (
    <Link
      href={useListAddress(href)}
      aria-label={name}
      title={name}
      className={cn("-ml-1 rounded p-1 text-ink-3 hover:bg-hover hover:text-ink", className)}
    >
      <ChevronLeft aria-hidden className="size-4" />
    </Link>
  );
}
