import { DocLink } from "@/components/docs/doc-link";
import { CopyTextButton } from "@/components/ui/copy";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Backend } from "@/contract/backend";

const EXAMPLE = { model: "gpt-5-codex", baseUrl: "https://api.openai.com/v1", keyEnv: "OPENAI_API_KEY" };

/** How a profile gets a model, with those that have none; folded away, since it is done once. */
export function SetUpAnother({ backends }: { backends: readonly Backend[] }) {
  const names = backends.map(({ profile }) => profile);
  const snippet = JSON.stringify({ [names[0] ?? "codex"]: EXAMPLE }, null, 2);
  return (
    <details className="mx-4 mb-4 rounded-lg border bg-panel px-4 py-3 lg:mx-6 lg:mb-6">
      <summary className="cursor-pointer text-sm font-semibold">Set up another model</summary>
      <div className="mt-3 flex flex-col gap-3 text-sm text-ink-2">
        {names.length > 0 && (
          <p>
            Not configured yet:{" "}
            {backends.map(({ profile }, index) => (
              <span key={profile} id={`profile-${profile}`}>
                {index > 0 && ", "}
                <code>{revealHidden(profile)}</code>
              </span>
            ))}
          </p>
        )}
        <p>
          Add the profile to the file that <code>AGENTRUN_BACKENDS</code> names, and restart.{" "}
          <DocLink name="configuration">All settings</DocLink>
        </p>
        <div className="flex items-start gap-2 rounded-md border bg-code p-2">
          <pre className="min-w-0 flex-1 overflow-x-auto text-xs">{revealHidden(snippet)}</pre>
          <CopyTextButton text={() => snippet} copiedMessage="Snippet copied">
            Copy
          </CopyTextButton>
        </div>
      </div>
    </details>
  );
}
