/**
 * What can be typed behind `vecfsck completions`.
 *
 * @module
 */

import { USAGE_STATUS, type VerbSpecification } from "../specification.ts";

/** A shell that there are completions for. */
export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** All that there is of these. */
export const SHELLS: readonly Shell[] = ["bash", "zsh", "fish", "powershell"];

/** The verb `completions`. */
export const COMPLETIONS_VERBS: readonly VerbSpecification[] = [
  {
    name: "completions",
    summary: "print a script that teaches a shell to complete calls of vecfsck",
    description: [
      "Prints the script on standard output. It completes verbs, actions, options and the words " +
      "that an option can have, and leaves paths to the shell. It is made from the table that this " +
      "help is made from, and reads no store: print it again after an update.",
      "zsh wants the file in a directory of its fpath, and compinit after that.",
    ],
    arguments: [{
      name: "SHELL",
      description: "The shell: bash, zsh, fish or powershell.",
      required: true,
      repeatable: false,
      choices: SHELLS,
    }],
    options: [],
    examples: [
      {
        command: "vecfsck completions bash > ~/.local/share/bash-completion/completions/vecfsck",
        description: "for bash with the package bash-completion",
      },
      {
        command: "vecfsck completions zsh > ~/.zfunc/_vecfsck",
        description: "for zsh, with ~/.zfunc in its fpath",
      },
      {
        command: "vecfsck completions fish > ~/.config/fish/completions/vecfsck.fish",
        description: "for fish",
      },
      {
        command: "vecfsck completions powershell >> $PROFILE",
        description: "for PowerShell",
      },
    ],
    exitStatus: [{ code: 0, description: "The script was printed." }, USAGE_STATUS],
    load: () => import("../verb_completions.ts"),
  },
];
