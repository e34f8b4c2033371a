/**
 * The style and the script of the page. They stand in the page itself, and the header that tells a
 * browser what it may run names them by their hashes: nothing else in the page runs.
 *
 * @module
 */

import { BASE_STYLE, sourceOf } from "../output/page_style.ts";

/** How the page looks: as every page of vecfsck, and what only this one has. */
export const PAGE_STYLE = `${BASE_STYLE}
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
#live { margin: 0; }
#live.error { margin-bottom: 0.75rem; font-weight: 600; }
#live:not(.error) { position: absolute; clip-path: inset(50%); }
main.old { opacity: 0.6; }
main.old h1 { color: inherit; }
@media (max-width: 40rem) {
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
