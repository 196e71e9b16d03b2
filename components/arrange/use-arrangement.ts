import { useQueryStates } from "nuqs";
import { type Arrangement, type Arrangements, readColumns } from "@/contract/query/arrangement";
import { ARRANGEMENT } from "./address";

const NO_ARRANGEMENTS: Arrangements = { columns: [], groups: [] };

/** How a list is shown, by its address; what the list does not have is passed over. */
export function useArrangement({ arrangements = NO_ARRANGEMENTS }: { arrangements?: Arrangements }) {
  const [params, setParams] = useQueryStates(ARRANGEMENT, { history: "replace" });
  const arrangement: Arrangement = {
    columns: readColumns(arrangements.columns, params.columns),
    group: arrangements.groups.some(({ id }) => id === params.group) ? params.group : null,
  };
  const setArrangement = (change: Partial<Arrangement>) => void setParams(change);
  return { arrangement, setArrangement };
}
