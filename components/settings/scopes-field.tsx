import { TOKEN_SCOPES, type TokenScope } from "@/contract/words";

type ScopesFieldProps = {
  /** What a token may without any. */
  none: string;
  chosen: readonly TokenScope[];
  onChange: (scopes: readonly TokenScope[]) => void;
};

/** The groups of procedures that a token is narrowed to. */
export function ScopesField({ none, chosen, onChange }: ScopesFieldProps) {
  return (
    <fieldset className="min-w-0">
      <legend className="text-xs font-medium text-ink-2">Scopes</legend>
      <p className="text-xs text-ink-3">
        {chosen.length === 0
          ? `No scopes selected: ${none}`
          : "Limited to the selected scopes, and can't be used to sign in to the console"}
      </p>
      <div className="mt-1.5 grid grid-cols-2 gap-x-3 gap-y-1 sm:grid-cols-4">
        {TOKEN_SCOPES.map((scope) => (
          <label key={scope} className="flex min-h-6 items-center gap-1.5 text-xs">
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              onChange={(event) =>
                onChange(event.target.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
              }
            />
            {scope}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
