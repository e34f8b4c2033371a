/**
 * Small parts of which the steps of a repair are made, whatever the format.
 *
 * @module
 */

import type { Finding } from "../model/finding.ts";
import type { AnsweredFinding } from "../model/repair.ts";

/**
 * Lists findings as a step answers them: once for each code and file.
 *
 * @param findings The findings.
 * @returns What is answered.
 */
export function listAnswers(findings: readonly Finding[]): AnsweredFinding[] {
  const answers = new Map<string, AnsweredFinding>();
  for (const { code, name, severity, path } of findings) {
    answers.set(`${code} ${path ?? ""}`, { code, name, severity, path });
  }
  return [...answers.values()];
}
