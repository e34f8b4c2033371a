/**
 * How the pages of vecfsck look, by day, by night and on paper, so that they are seen to be of one
 * product; and the hash by which the policy of a page names its style and its script.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";

/** The colours by day. What is text on `--page`, `--card` or `--inset` has a contrast of 4.5 and more. */
const DAY = `
  --page: #f6f7f9; --card: #ffffff; --inset: #eef1f5; --text: #1b1f24; --faint: #57606a;
  --line: #d5dae0; --good: #116329; --warning: #7d4e00; --error: #b0141c; --info: #0550ae;
  --fill: #cfdfee; --edge: #5d7fa3;`;

/** The same by night. */
const NIGHT = `
  --page: #0f1216; --card: #181c22; --inset: #21262e; --text: #e6e9ee; --faint: #9aa4b2;
  --line: #313843; --good: #5fd07f; --warning: #e8b34b; --error: #ff8a84; --info: #7ab8ff;
  --fill: #21364b; --edge: #6b8fb5;`;

/** What every page begins its style with. Colour only repeats what words and shapes say. */
export const BASE_STYLE = `
:root {
  color-scheme: light dark;${DAY}
}
@media (prefers-color-scheme: dark) {
  :root {${NIGHT}
  }
}
@media print {
  :root {
    color-scheme: light;${DAY}
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1.5rem 1rem 2rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
header, main, footer { max-width: 64rem; margin: 0 auto; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
.read, .engine { margin: 0.25rem 0 0; color: var(--faint); }
.stale { margin: 0.5rem 0 0; color: var(--error); font-weight: 600; }
section {
  margin-top: 1.25rem; padding: 1rem 1.25rem; background: var(--card);
  border: 1px solid var(--line); border-left: 0.375rem solid var(--line); border-radius: 0.375rem;
}
section.good { border-left-color: var(--good); }
section.error { border-left-color: var(--error); }
dl { margin: 0.75rem 0 0; }
dl > div { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 1rem; padding: 0.15rem 0; }
dt { grid-column: 1; color: var(--faint); font-weight: 600; }
dd { grid-column: 2; margin: 0; overflow-wrap: anywhere; }
table { width: 100%; margin-top: 0.75rem; border-collapse: collapse; }
th { color: var(--faint); text-align: left; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; vertical-align: top; }
td { border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.good { color: var(--good); }
.warning { color: var(--warning); }
.error, .fatal { color: var(--error); }
.info { color: var(--info); }
section.good, section.error { color: inherit; }
footer { margin-top: 1.5rem; color: var(--faint); }
footer p { margin: 0.25rem 0; }
a { color: var(--info); }
button { font: inherit; }
:focus-visible { outline: 0.1875rem solid var(--info); outline-offset: 0.125rem; }
@media (max-width: 40rem) {
  dl > div { grid-template-columns: 1fr; }
  dd { grid-column: 1; }
}
`;

/**
 * Names a style or a script in a Content-Security-Policy.
 *
 * @param text All of it, as it stands between its tags.
 * @returns The source by which a browser knows it.
 */
export function sourceOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
