import { useQueryStates } from "nuqs";
import { type Arrangement, type Arrangements, readColumns } from "@/contract/query/arrangement";
import { ARRANGEMENT } from "./address";

const NOTHING: Arrangements = { columns: [], groups: [] };

/** How a list is shown, by its address; what the list does not have is passed over. */
export function useArrangement({ arrangements = NOTHING }: { arrangements?: Arrangements }) {
  const [said, setSaid] = useQueryStates(ARRANGEMENT, { history: "replace" });
  const arrangement: Arrangement = {
    columns: readColumns(arrangements.columns, said.columns),
    group: arrangements.groups.some(({ id }) => id === said.group) ? said.group : null,
  };
  const setArrangement = (change: Partial<Arrangement>) => void setSaid(change);
  return { arrangement, setArrangement };
}
