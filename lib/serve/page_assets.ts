/**
 * The style and the script of the page. They stand in the page itself, and the header that tells a
 * browser what it may run names them by their hashes: nothing else in the page runs.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** How the page looks, by day and by night. Colour only repeats what the words say. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f24; --faint: #57606a; --line: #d5dae0;
  --good: #116329; --warning: #7d4e00; --error: #b0141c; --info: #0550ae;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1216; --card: #181c22; --text: #e6e9ee; --faint: #9aa4b2; --line: #313843;
    --good: #5fd07f; --warning: #e8b34b; --error: #ff8a84; --info: #7ab8ff;
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
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
.good { color: var(--good); }
.warning { color: var(--warning); }
.error, .fatal { color: var(--error); }
.info { color: var(--info); }
section.good, section.error { color: inherit; }
footer { margin-top: 1.5rem; color: var(--faint); }
footer p { margin: 0.25rem 0; }
#live { margin: 0; }
#live.error { margin-bottom: 0.75rem; font-weight: 600; }
#live:not(.error) { position: absolute; clip-path: inset(50%); }
main.old { opacity: 0.6; }
main.old h1 { color: inherit; }
a { color: var(--info); }
button { font: inherit; }
:focus-visible { outline: 0.1875rem solid var(--info); outline-offset: 0.125rem; }
@media (max-width: 40rem) {
  dl > div { grid-template-columns: 1fr; }
  dd { grid-column: 1; }
  td:first-child { white-space: normal; }
}
`;

/**
 * Puts what is read in place of what was read. Without it the page is loaded anew as a whole, which
 * throws a reader out of the line that is being read.
 */
export const PAGE_SCRIPT = `
"use strict";
const live = document.getElementById("live");
const button = document.createElement("button");
const seconds = Number(document.getElementById("state").dataset.refreshSeconds);
let isPaused = false;
let answeredAt = new Date();
function say(text, isError) {
  if (live.textContent === text) return;
  live.textContent = text;
  live.className = isError ? "error" : "";
}
async function refresh() {
  if (isPaused || document.hidden) return;
  try {
    const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const state = page.getElementById("state");
    const old = document.getElementById("state");
    const heading = state.querySelector("h1").textContent;
    if (state.innerHTML !== old.innerHTML) old.replaceWith(document.adoptNode(state));
    if (document.title !== page.title) {
      document.title = page.title;
      say(heading + ".", false);
    } else if (live.className === "error") say("", false);
    document.getElementById("state").classList.remove("old");
    answeredAt = new Date();
  } catch {
    document.title = "No answer · vecfsck";
    const time = answeredAt.toISOString().slice(11, 19) + " UTC";
    say("The watch does not answer. What stands here is of " + time + ".", true);
    document.getElementById("state").classList.add("old");
  }
}
button.type = "button";
button.textContent = "Pause updates";
button.addEventListener("click", () => {
  isPaused = !isPaused;
  button.textContent = isPaused ? "Go on with updates" : "Pause updates";
  refresh();
});
document.getElementById("controls").append(button);
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, seconds * 1000);
`;

/** What a browser may do with the page, as the header Content-Security-Policy says it. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${sourceOf(PAGE_STYLE)}`,
  `script-src ${sourceOf(PAGE_SCRIPT)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function sourceOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
