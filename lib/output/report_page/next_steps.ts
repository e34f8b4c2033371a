/**
 * What to do next, on the page.
 *
 * @module
 */

import type { NextStep } from "../../report/report_model.ts";
import { type Html, html } from "../html.ts";
import { cutText } from "./cut_text.ts";

/**
 * Shows what to do next.
 *
 * @param steps The steps.
 * @returns The list, with each command on a line of its own.
 */
export function renderNextSteps(steps: readonly NextStep[]): Html {
  return html`
    <ol class="steps">
      ${steps.map(renderStep)}
    </ol>
  `;
}

function renderStep({ text, command }: NextStep): Html {
  const shown = command === null
    ? html``
    : html`<div class="command"><code>${cutText(command, 4000)}</code></div>`;
  return html`
    <li><p>${cutText(text, 1000)}</p>${shown}</li>
  `;
}
