/**
 * What is said of a store at first sight: a word, a colour and a shape.
 *
 * @module
 */

import { isDamage } from "../../model/finding.ts";
import type { StoreReport } from "../../report/report_model.ts";
import { Html, html } from "../html.ts";
import { VERDICTS } from "../status_rows.ts";

/** How a store is, at first sight; each has a colour and a shape of its own. */
export type Look = "good" | "warning" | "error" | "fatal" | "unknown";

/** What is said of a store at first sight. */
export interface Headline {
  /** How it looks. */
  readonly look: Look;
  /** The word. */
  readonly word: string;
  /** What that means, as a sentence. */
  readonly text: string;
}

/**
 * Says how a store is.
 *
 * @param report The store.
 * @returns What is said at first sight.
 */
export function headlineOf({ summary, status, failure, findings }: StoreReport): Headline {
  const verdict = status?.health.verdict ?? summary?.verdict ?? null;
  if (verdict !== null) {
    const { label, style, text } = VERDICTS[verdict];
    const look = style === "good" || style === "warning" || style === "fatal" ? style : "error";
    return {
      look: verdict === "incomplete" ? "unknown" : look,
      word: label,
      text: toSentence(text),
    };
  }
  if (findings.listed.some(isDamage)) {
    const isFatal = findings.listed.some(({ severity }) => severity === "fatal");
    const { label, text } = VERDICTS[isFatal ? "unsafe" : "damaged"];
    const more = "A part of the store could not be looked at.";
    return { look: isFatal ? "fatal" : "error", word: label, text: `${toSentence(text)} ${more}` };
  }
  const text = failure?.code === "busy"
    ? "Something writes to the store, so nothing can be said about its data."
    : "Nothing can be said about its data.";
  return { look: "unknown", word: "NOT CHECKED", text };
}

function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What is drawn for each look within 24 by 24: outline, then sign. */
const SHAPES: Readonly<Record<Look, readonly [outline: string, sign: string]>> = {
  good: ["M12 1.5a10.5 10.5 0 1 0 0 21a10.5 10.5 0 1 0 0-21z", "M6.8 12.4l3.5 3.6l6.9-7.6"],
  warning: ["M12 1.8l11 20.4h-22z", "M12 9v6.2M12 18.4v.3"],
  error: ["M12 .8l11.2 11.2l-11.2 11.2l-11.2-11.2z", "M12 6.4v7M12 17v.3"],
  fatal: ["M7.4 1h9.2l6.4 6.4v9.2l-6.4 6.4h-9.2l-6.4-6.4v-9.2z", "M8 8l8 8M16 8l-8 8"],
  unknown: ["M3 3h18v18h-18z", "M9 9.4a3 3 0 1 1 4.6 2.6c-1.2.8-1.6 1.2-1.6 2.4M12 17.6v.3"],
};

/**
 * Draws the shape of a look. The words beside it say the same.
 *
 * @param look The look.
 * @returns The picture.
 */
export function renderShape(look: Look): Html {
  const [outline, sign] = SHAPES[look];
  return html`
    <svg class="shape ${look}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        class="outline" d="${new Html(outline)}" />
      <path class="sign" d="${new Html(sign)}" />
    </svg>
  `;
}
