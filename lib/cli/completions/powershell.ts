/**
 * Completions for PowerShell, 5.1 or newer.
 *
 * @module
 */

import {
  type CompletedOption,
  type CompletedVerb,
  type Hint,
  listValueOptions,
} from "./completion_table.ts";

/**
 * Writes the script that teaches PowerShell to complete calls of vecfsck.
 *
 * @param table The table for the shells.
 * @returns The script.
 */
export function renderPowershellCompletions(table: readonly CompletedVerb[]): string {
  return `# Completions of vecfsck for PowerShell, written by \`vecfsck completions powershell\`.

Register-ArgumentCompleter -Native -CommandName vecfsck -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $valued = @(${listValueOptions(table).map(quote).join(", ")})
    $verbs = @{
${table.map(renderVerb).join("\n")}
    }

    $verb = ''
    $position = 0
    $adjacent = $true
    $ended = $false
    $option = ''
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text })
    foreach ($word in $words) {
        $longer = "$verb $word".Trim()
        if ($option -ne '') { $option = '' }
        elseif (-not $ended -and $word -ceq '--') { $ended = $true }
        elseif (-not $ended -and $word -like '-?*') {
            if ($valued -ccontains $word) { $option = $word }
            if ($verb -ne '') { $adjacent = $false }
        }
        elseif ($adjacent -and $verbs.ContainsKey($longer)) { $verb = $longer }
        else { $adjacent = $false; $position++ }
    }

    $entry = $verbs[$verb]
    $found = @()
    $hint = ''
    if ($option -ne '') {
        $known = @($entry.Options | Where-Object { $_.Names -ccontains $option })
        if ($known.Count -gt 0) { $hint = $known[0].Value }
    }
    elseif (-not $ended -and $wordToComplete -like '-*') {
        $found = @($entry.Options | ForEach-Object {
            foreach ($name in $_.Names) { @{ Word = $name; Text = $_.Text } }
        })
    }
    else {
        if ($adjacent) { $found = @($entry.Next) }
        if ($entry.Open -and $position -ge $entry.Operands.Count) {
            $position = $entry.Operands.Count - 1
        }
        if ($position -lt $entry.Operands.Count) { $hint = $entry.Operands[$position] }
    }
    if ($hint -like '=*') {
        $found = @($hint.Substring(1).Split(' ') | ForEach-Object { @{ Word = $_; Text = $_ } })
    }

    $found | Where-Object { $_ -and $_.Word.StartsWith($wordToComplete) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new(
            $_.Word, $_.Word, 'ParameterValue', $_.Text)
    }
    if ($hint -eq 'file' -or $hint -eq 'directory') {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete) |
            Where-Object { $hint -eq 'file' -or $_.ResultType -eq 'ProviderContainer' }
    }
}
`;
}

function renderVerb({ name, next, options, operands, isOpen }: CompletedVerb): string {
  return `        ${quote(name)} = @{
            Next = @(${
    renderList(next.map(({ word, summary }) =>
      `@{ Word = ${quote(word)}; Text = ${quote(summary)} }`
    ))
  })
            Options = @(${renderList(options.map(renderOption))})
            Operands = @(${operands.map(({ hint }) => quote(renderHint(hint))).join(", ")})
            Open = $${isOpen}
        }`;
}

function renderList(items: readonly string[]): string {
  if (items.length === 0) return "";
  const indent = " ".repeat(16);
  return `\n${items.map((item) => indent + item).join("\n")}\n${" ".repeat(12)}`;
}

function renderOption({ long, short, summary, value }: CompletedOption): string {
  const names = (short === undefined ? [long] : [short, long]).map(quote).join(", ");
  const hint = value === null ? "" : renderHint(value);
  return `@{ Names = @(${names}); Text = ${quote(summary)}; Value = ${quote(hint)} }`;
}

function renderHint(hint: Hint): string {
  return hint.kind === "words" ? `=${hint.words.join(" ")}` : hint.kind;
}

/** Between single quotes, PowerShell leaves all but the quote alone, and it knows curved ones. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
}
