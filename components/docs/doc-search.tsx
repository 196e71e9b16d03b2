"use client";
import { parseAsString, useQueryState } from "nuqs";
import { SearchBox } from "@/components/ui/form/search-box";

/** Looks for a text in all documents; the server finds, so that no document is sent for it. */
export function DocSearch() {
  const [search, setSearch] = useQueryState("q", parseAsString.withDefault("").withOptions({ shallow: false }));
  return (
    <search>
      <SearchBox
        label="Search documentation"
        placeholder="Search documentation"
        value={search}
        onChange={(value) => void setSearch(value === "" ? null : value)}
      />
    </search>
  );
}
