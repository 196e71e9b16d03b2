import Link from "next/link";
import { fileAddress } from "@/components/shell/addresses";
import { revealHiddenInName } from "@/components/ui/hidden-characters";
import { type Both, type FilePair, type pairFiles, SIDES, type SideName } from "./pairs";
import { SIDE_NAMES, SideMark } from "./side-name";

const FILES_SHOWN = 100;

type FilePairsProps = { files: ReturnType<typeof pairFiles>; isPending: boolean; sessionIds: Both<string> };

/** Which files both changed, and which one alone; each leads to its diff. */
export function FilePairs({ files, isPending, sessionIds }: FilePairsProps) {
  const groups = [
    { name: "In both", pairs: files.both },
    { name: "Only left", pairs: files.left },
    { name: "Only right", pairs: files.right },
  ];
  return (
    <div className="grid gap-4 p-4 lg:grid-cols-3">
      {groups.map(({ name, pairs }) => (
        <section key={name} className="min-w-0">
          <h3 className="mb-1 text-xs font-semibold">
            {name} <span className="font-normal text-ink-3 tabular-nums">{pairs.length}</span>
          </h3>
          {pairs.length === 0 ? (
            <p className="text-xs text-ink-3">{isPending ? "Loading…" : "None"}</p>
          ) : (
            <ul className="flex flex-col gap-1.5">
              {pairs.slice(0, FILES_SHOWN).map((pair) => (
                <FileRow key={pair.path} pair={pair} sessionIds={sessionIds} />
              ))}
              {pairs.length > FILES_SHOWN && (
                <li className="text-xs text-ink-3">and {pairs.length - FILES_SHOWN} more</li>
              )}
            </ul>
          )}
        </section>
      ))}
    </div>
  );
}

function FileRow({ pair, sessionIds }: { pair: FilePair; sessionIds: Both<string> }) {
  const isBoth = pair.left !== null && pair.right !== null;
  return (
    <li className="text-xs">
      <span className="block truncate font-mono" title={revealHiddenInName(pair.path)}>
        {revealHiddenInName(pair.path)}
      </span>
      <span className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
        {SIDES.map((side) => (
          <Diff key={side} side={side} pair={pair} sessionId={sessionIds[side]} />
        ))}
        {isBoth && <span className="text-ink-3">{pair.isSame ? "= same lines" : "≠ different lines"}</span>}
      </span>
    </li>
  );
}

function Diff({ side, pair, sessionId }: { side: SideName; pair: FilePair; sessionId: string }) {
  const file = pair[side];
  if (file === null) return null;
  return (
    <Link
      href={fileAddress(sessionId, pair.path)}
      aria-label={`${SIDE_NAMES[side]}: diff of ${revealHiddenInName(pair.path)}`}
      className="inline-flex items-center gap-1.5 tabular-nums hover:underline"
    >
      <SideMark side={side} />
      <span className="text-good">+{file.addedCount.toLocaleString("en")}</span>
      <span className="text-bad">−{file.removedCount.toLocaleString("en")}</span>
    </Link>
  );
}
