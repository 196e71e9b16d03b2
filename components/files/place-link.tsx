"use client";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

export type FilesPlace = { path: string; file: string | null };

type PlaceLinkProps = {
  place: FilesPlace;
  onOpen: () => void;
  children: ReactNode;
  className?: string;
  isCurrent?: boolean;
};

/** A link to a folder or file of the tab. A plain press opens it here, without asking the server for the page. */
export function PlaceLink({ place, onOpen, children, className, isCurrent }: PlaceLinkProps) {
  const pathname = usePathname();
  return (
    <a
      href={`${pathname}?${placeQuery(place)}`}
      className={className}
      aria-current={isCurrent ? "true" : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        onOpen();
      }}
    >
      {children}
    </a>
  );
}

/** What follows the address of the session's page. */
function placeQuery({ path, file }: FilesPlace): URLSearchParams {
  const query = new URLSearchParams({ tab: "files" });
  if (path !== "") query.set("path", path);
  if (file !== null) query.set("file", file);
  return query;
}
