"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type ReactNode, useEffect, useState } from "react";
import { focusRow } from "@/components/shell/list-keys";
import type { PageKey } from "@/components/shell/page-keys";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { DialogLoading } from "@/components/ui/dialog/dialog-loading";
import { toastError } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { RowChoice } from "@/components/ui/list/table";
import type { CreateBulkInput } from "@/contract/bulk";
import type { BulkKind, BulkVerb } from "@/contract/words";
import { BulkProgress } from "./bulk-progress";
import { ChooseBox } from "./choose-box";
import { asOfNow, type BulkTarget, targetOf } from "./target";
import { useSelection } from "./use-selection";
import { RECORD_NOUNS, verbsOf, wordsOf } from "./verbs";

// Loaded when something is first chosen, or done to many.
const ChoiceBar = dynamic(() => import("./choice-bar").then((module) => module.ChoiceBar), { ssr: false });
const BulkDialog = dynamic(() => import("./bulk-dialog").then((module) => module.BulkDialog), {
  ssr: false,
  loading: DialogLoading,
});

type BulkOptions = {
  kind: BulkKind;
  /** The rows that are shown, in their order. */
  ids: readonly string[];
  labelOf: (id: string) => string;
  /** What the list asks the server for, and the same in words; null where only what is shown can be chosen. */
  filter: NonNullable<CreateBulkInput["filter"]> | null;
  filterText: string;
  hasMore: boolean;
  canDo: (verb: BulkVerb) => boolean;
  /** What else the bar offers for those that are chosen one by one. */
  more?: (chosen: ReadonlySet<string>) => ReactNode;
  /** Has a row take the focus; where not all of them are drawn, that is for the list to do. */
  focus?: (id: string) => void;
};

/** Choosing rows of a list and doing one thing to all of them: by keys, boxes and buttons alike. */
export function useBulk({
  kind,
  ids,
  labelOf,
  filter,
  filterText,
  hasMore,
  canDo,
  more,
  focus = focusRow,
}: BulkOptions) {
  const api = useTRPCClient();
  const trpc = useTRPC();
  const client = useQueryClient();
  const selection = useSelection(ids);
  const [pendingAction, setPendingAction] = useState<{ verb: BulkVerb; target: BulkTarget } | null>(null);
  /** When all that match were chosen: what comes later is not meant. */
  const [asOf, setAsOf] = useState("");
  const { chosen, cursor, isAllMatching, clear } = selection;
  const filterKey = JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was chosen under another filter is out of sight.
  useEffect(clear, [filterKey]);

  const areAllShown = chosen.size > 0 && chosen.size === ids.length;
  // Counted by an action that has to be told nothing.
  const [countedVerb = null] = verbsOf(kind).find(([verb]) => canDo(verb) && verb !== "extend") ?? [];
  const matching = useQuery({
    queryKey: ["bulk-count", kind, filterKey, asOf],
    queryFn: () =>
      api.bulk.preview.mutate({
        ...{ kind, action: countedVerb ?? "cancel", filter: filter ?? {}, asOf: asOf || asOfNow() },
        ...(countedVerb === "read" ? { readerId: readerIn(filter) } : {}),
      }),
    enabled: filter !== null && areAllShown && (hasMore || isAllMatching) && countedVerb !== null,
    gcTime: 0,
  });
  const chooseAllMatching = () => {
    setAsOf(asOfNow());
    selection.chooseAll(true);
  };

  function act(verb: BulkVerb): void {
    if (!canDo(verb)) return;
    const target = targetOf(
      chosen,
      isAllMatching && filter !== null ? { filter, asOf, description: filterText } : null,
      {
        cursor,
        noun: RECORD_NOUNS[kind],
      },
    );
    if (target === null) return;
    if (wordsOf(kind, verb).isAtOnce !== true) {
      setPendingAction({ verb, target });
      return;
    }
    const shownIds = target.ids ?? ids;
    const request = { kind, verb, target, shownIds, readerId: readerIn(filter) };
    import("./apply-immediately").then(
      ({ applyImmediately }) => applyImmediately({ api, trpc, client }, request),
      (error: unknown) => toastError(error),
    );
    clear();
  }

  const extend = (by: 1 | -1) => {
    const to = cursor === null ? selection.step(by) : ids[ids.indexOf(cursor) + by];
    if (to === undefined || to === null) return;
    selection.extendTo(to);
    focus(to);
  };
  const toggle = () => cursor !== null && selection.toggle(cursor, false);
  /** All that are shown, then all that match, then none. */
  const chooseAll = () => {
    if (!areAllShown) selection.chooseAll(false);
    else if (hasMore && !isAllMatching) chooseAllMatching();
    else clear();
  };
  // Who may do nothing to them chooses none.
  const canAct = verbsOf(kind).some(([verb]) => canDo(verb));
  const keys: PageKey[] = [
    { keys: "x", name: `Select the ${RECORD_NOUNS[kind]}`, run: toggle },
    { keys: "J", name: "Extend selection down", run: () => extend(1) },
    { keys: "K", name: "Extend selection up", run: () => extend(-1) },
    { keys: "*", name: "Select shown, all matching, none", run: chooseAll },
    ...verbsOf(kind)
      .filter(([verb]) => canDo(verb))
      .map(([verb, { name, keys }]) => ({
        keys,
        name: `${name}: selected ${RECORD_NOUNS[kind]}s`,
        run: () => act(verb),
      })),
  ];

  const rows: RowChoice = {
    isChosen: (id) => isAllMatching || chosen.has(id),
    checkbox: canAct
      ? (id) => (
          <ChooseBox
            label={revealHidden(labelOf(id))}
            isChosen={isAllMatching || chosen.has(id)}
            onToggle={(isRange) => selection.toggle(id, isRange)}
          />
        )
      : null,
    onFocus: selection.moveTo,
  };
  const bar: ReactNode = (
    <>
      {chosen.size > 0 && (
        <ChoiceBar
          kind={kind}
          count={chosen.size}
          isAllMatching={isAllMatching}
          matching={matching.data === undefined || matching.data.isTooLarge ? null : matching.data.total}
          hasMore={areAllShown && hasMore}
          filterText={filterText}
          canDo={canDo}
          onAll={chooseAllMatching}
          onClear={clear}
          onAct={act}
          more={isAllMatching ? null : more?.(chosen)}
        />
      )}
      <BulkProgress kind={kind} />
      {pendingAction !== null && (
        <BulkDialog kind={kind} {...pendingAction} onStarted={clear} onClose={() => setPendingAction(null)} />
      )}
    </>
  );
  /** Esc lets go of what is chosen; a dialog takes it first. */
  const onKeyDown = (event: { key: string }) => {
    if (event.key === "Escape" && pendingAction === null && chosen.size > 0) clear();
  };
  return { selection, keys: canAct ? keys : [], rows, bar, act, extend, toggle, chooseAll, onKeyDown };
}

function readerIn(filter: object | null): string | undefined {
  return filter !== null && "readerId" in filter && typeof filter.readerId === "string" ? filter.readerId : undefined;
}
