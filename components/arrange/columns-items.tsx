"use client";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import { MenuCheck } from "@/components/ui/menu/menu-check";
import { type Arrangements, shownColumns, toggleColumn } from "@/contract/query/arrangement";

type ColumnsItemsProps = {
  all: Arrangements["columns"];
  columns: string | null;
  onChoose: (columns: string | null) => void;
};

/** The columns of a list, each to be put in or taken out; the menu stays open meanwhile. */
export function ColumnsItems({ all, columns, onChoose }: ColumnsItemsProps) {
  const shown = shownColumns(all, columns).map(({ id }) => id);
  return (
    <>
      <div className="scroll-thin max-h-[50dvh] overflow-y-auto">
        {all.map(({ id, name }) => (
          <MenuCheck key={id} isOn={shown.includes(id)} onToggle={() => onChoose(toggleColumn(all, columns, id))}>
            {name}
          </MenuCheck>
        ))}
      </div>
      <MenuSeparator />
      <MenuItem isDisabled={columns === null} onSelect={() => onChoose(null)}>
        Reset
      </MenuItem>
    </>
  );
}
