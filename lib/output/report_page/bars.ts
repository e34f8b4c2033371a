/**
 * Bars of which each has a name and a number, drawn without a script.
 *
 * @module
 */

import { formatNumber } from "../../base/format.ts";
import { type Html, html } from "../html.ts";

/** A bar. */
export interface Bar {
  /** What it counts. */
  readonly label: string;
  /** How many. */
  readonly count: number;
}

/**
 * Shows bars one below another, by the logarithm of their counts: of a graph each level has a
 * fraction of the one below.
 *
 * @param bars The bars.
 * @param caption What they count, for those who do not see them.
 * @returns The table.
 */
export function renderBars(bars: readonly Bar[], caption: string): Html {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  return html`
    <table class="bars">
      <caption>${caption}</caption>
      <tbody>
        ${bars.map(({ label, count }) =>
          html`
            <tr>
              <th scope="row">${label}</th>
              <td>
                <svg class="meter" aria-hidden="true"
                  focusable="false">
                  <rect width="${percent(shareOf(count, most))}" height="100%" />
                </svg>
              </td>
              <td class="number">${formatNumber(count)}</td>
            </tr>
          `
        )}
      </tbody>
    </table>
  `;
}

function shareOf(count: number, most: number): number {
  return count <= 0 ? 0 : 0.04 + 0.96 * Math.log1p(count) / Math.log1p(most);
}

/**
 * Writes a share for an attribute of SVG.
 *
 * @param share From 0 to 1.
 * @returns The same in percent, with as many digits as can be seen.
 */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(3))}%`;
}

/** How many columns a histogram has at the most. */
const MOST_COLUMNS = 66;

/**
 * Shows how often each number occurs, from none on, as columns side by side.
 *
 * @param counts How often: of the number 0, of 1, and so on.
 * @param options What is counted, and up to which number the axis goes.
 * @returns The picture with its caption.
 */
export function renderHistogram(
  counts: readonly number[],
  { caption, description, last }: {
    readonly caption: string;
    readonly description: string;
    readonly last: number;
  },
): Html {
  const perColumn = Math.max(1, Math.ceil((last + 1) / MOST_COLUMNS));
  const columns = Math.ceil((last + 1) / perColumn);
  const sums = Array.from(
    { length: columns },
    (_, column) =>
      counts.slice(column * perColumn, (column + 1) * perColumn)
        .reduce((sum, count) => sum + count, 0),
  );
  const most = Math.max(1, ...sums);
  const width = 100 / columns;
  return html`
    <figure class="histogram">
      <figcaption>${caption}</figcaption>
      <svg class="columns" role="img" aria-label="${description}">
        ${sums.map((count, column) => {
          const first = column * perColumn;
          const range = perColumn === 1 ? String(first) : `${first} to ${first + perColumn - 1}`;
          const height = count === 0 ? 0 : Math.max(2, 100 * count / most);
          return count === 0 ? html`` : html`
            <rect x="${percent(column * width / 100)}"
              width="${percent(0.86 * width / 100)}" y="${percent(1 - height / 100)}"
              height="${percent(height / 100)}">
              <title>${range}: ${formatNumber(count)}</title>
            </rect>
          `;
        })}
      </svg>
      <div class="axis" aria-hidden="true"><span>0</span><span>${formatNumber(last)}</span></div>
    </figure>
  `;
}
