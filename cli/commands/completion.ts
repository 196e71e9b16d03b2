import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";

export const SHELLS = ["bash", "zsh", "fish"] as const;

/**
 * Prints the script by which a shell completes words after `agentrun`. The script asks this program, which asks the
 * server.
 */
export const completion: Command = {
  name: "completion",
  usage: SHELLS.join("|"),
  summary: "What a shell reads to complete what is typed",
  help: [
    'bash   eval "$(agentrun completion bash)" in ~/.bashrc',
    'zsh    eval "$(agentrun completion zsh)" in ~/.zshrc, after compinit',
    "fish   agentrun completion fish | source, in config.fish",
  ],
  async run(io, { words: [shellName = "", ...more] }) {
    const shell = SHELLS.find((known) => known === shellName);
    if (shell === undefined || more.length > 0)
      throw new UsageError("completion takes a shell", `agentrun completion ${SHELLS.join("|")}`);
    io.out(SCRIPTS[shell](`${io.self.map(quoted).join(" ")} --timeout 2 complete --`));
    return EXIT.ok;
  },
};

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

const SCRIPTS: Record<(typeof SHELLS)[number], (ask: string) => string> = {
  // bash splits words at : and =, and takes a candidate for what follows the last of them.
  bash: (ask) => `_agentrun() {
  local line="\${COMP_LINE:0:$COMP_POINT}" last kept candidate
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  last="\${words[\${#words[@]}-1]}"
  kept="\${last%"\${last##*[:=]}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do COMPREPLY+=("\${candidate#"$kept"}"); done < <(${ask} "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _agentrun agentrun`,
  zsh: (ask) => `_agentrun() {
  local -a candidates open
  candidates=("\${(@f)$(${ask} "\${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  open=("\${(@M)candidates:#*[:=]}")
  (( \${#open} )) && compadd -S "" -a open
  candidates=("\${(@)candidates:#*[:=]}")
  compadd -a candidates
}
compdef _agentrun agentrun`,
  fish: (ask) =>
    `complete -c agentrun -f -a '(${ask.replaceAll("\\", "\\\\").replaceAll("'", "\\'")} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`,
};
