import { revealHiddenInName } from "@/components/ui/hidden-characters";
import { PlaceLink } from "./place-link";

type FolderPathProps = { path: string; file: string | null; onOpen: (folder: string) => void };

/** The way from the workspace to the open folder or file; each step leads back. */
export function FolderPath({ path, file, onOpen }: FolderPathProps) {
  const steps = path === "" ? [] : path.split("/");
  const folders = [
    { name: "workspace", path: "" },
    ...steps.map((name, index) => ({ name, path: steps.slice(0, index + 1).join("/") })),
  ];
  return (
    <nav aria-label="Folder" className="min-w-0">
      <ol className="flex flex-wrap items-center font-mono">
        {folders.map((folder, index) => {
          const isHere = file === null && index === folders.length - 1;
          const name = revealHiddenInName(folder.name);
          return (
            <li key={folder.path} className="flex min-w-0 items-center">
              {index > 0 && <Slash />}
              {isHere ? (
                <span aria-current="page" className="min-w-6 px-1 leading-6 break-all text-ink">
                  {name}
                </span>
              ) : (
                <PlaceLink
                  place={{ path: folder.path, file: null }}
                  onOpen={() => onOpen(folder.path)}
                  className="min-w-6 rounded px-1 leading-6 break-all text-accent hover:underline"
                >
                  {name}
                </PlaceLink>
              )}
            </li>
          );
        })}
        {file !== null && (
          <li className="flex min-w-0 items-center">
            <Slash />
            <span aria-current="page" className="px-1 leading-6 break-all text-ink">
              {revealHiddenInName(file)}
            </span>
          </li>
        )}
      </ol>
    </nav>
  );
}

function Slash() {
  return (
    <span aria-hidden className="text-ink-3">
      /
    </span>
  );
}
