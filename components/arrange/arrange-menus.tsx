"use client";
import { Columns3 } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect } from "react";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/form/field";
import { Menu } from "@/components/ui/menu/menu";
import { type Arrangements, readColumns } from "@/contract/query/arrangement";
import type { ViewPage } from "@/contract/words";
import { recallColumns, rememberColumns } from "./remembered";
import { useArrangement } from "./use-arrangement";

// There when the menu is first opened.
const ColumnsItems = dynamic(() => import("./columns-items").then((module) => module.ColumnsItems), { ssr: false });

/** How the rows of a list are shown: what they stand under, and which columns they have. */
export function ArrangeMenus({ list, arrangements }: { list: ViewPage; arrangements: Arrangements }) {
  const { columns: all, groups } = arrangements;
  const { arrangement, setArrangement } = useArrangement({ arrangements });
  const { columns } = arrangement;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only an address that says nothing is added to.
  useEffect(() => {
    const remembered = columns === null ? readColumns(all, recallColumns(list)) : null;
    if (remembered !== null) setArrangement({ columns: remembered });
  }, [columns, list]);
  const choose = (chosen: string | null) => {
    rememberColumns(list, chosen);
    setArrangement({ columns: chosen });
  };
  return (
    <>
      {groups.length > 0 && (
        <Select
          aria-label="Group"
          className="w-auto"
          value={arrangement.group ?? ""}
          onChange={(event) => setArrangement({ group: event.target.value || null })}
        >
          <option value="">No grouping</option>
          {groups.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
      <Menu
        trigger={
          <Button>
            <Columns3 aria-hidden className="size-3.5" /> Columns
          </Button>
        }
      >
        <ColumnsItems all={all} columns={columns} onChoose={choose} />
      </Menu>
    </>
  );
}
