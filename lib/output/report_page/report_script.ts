/**
 * What the script of a report adds to what is there without it: texts at the pointer and at the
 * focus, arrow keys within a bar, copying of commands, and the unfolding of what a link leads to.
 * It makes texts of texts and markup of nothing.
 *
 * @module
 */

/** The script of the page. */
export const REPORT_SCRIPT = `
"use strict";
const tip = document.getElementById("tip");
const said = document.getElementById("said");
function showTip(text, box) {
  tip.textContent = text;
  tip.hidden = false;
  const left = Math.min(box.left, innerWidth - tip.offsetWidth - 8);
  const below = box.bottom + 8;
  const fits = below + tip.offsetHeight < innerHeight;
  tip.style.left = Math.max(8, left) + "px";
  tip.style.top = Math.max(8, fits ? below : box.top - tip.offsetHeight - 8) + "px";
}
function hideTip() {
  tip.hidden = true;
}
for (const mark of document.querySelectorAll(".range, .columns rect")) {
  const title = mark.querySelector("title");
  const text = mark.getAttribute("aria-label") ?? title.textContent;
  title.remove();
  const show = () => showTip(text, mark.getBoundingClientRect());
  mark.addEventListener("pointerenter", show);
  mark.addEventListener("pointerleave", hideTip);
  mark.addEventListener("focus", show);
  mark.addEventListener("blur", hideTip);
}
addEventListener("scroll", hideTip, { passive: true });
addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideTip();
});
const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
for (const bar of document.querySelectorAll(".bar[role=group]")) {
  const place = (mark) => parseFloat(mark.querySelector("line").getAttribute("x1"));
  const marks = [...bar.querySelectorAll(".range")].sort((one, other) => place(one) - place(other));
  marks.forEach((mark, index) => mark.setAttribute("tabindex", index === 0 ? "0" : "-1"));
  bar.addEventListener("keydown", (event) => {
    const at = marks.indexOf(document.activeElement);
    const to = event.key === "Home" ? 0 : event.key === "End" ? marks.length - 1
      : at + (steps[event.key] ?? NaN);
    const mark = marks[Math.min(marks.length - 1, Math.max(0, to))];
    if (at < 0 || mark === undefined) return;
    event.preventDefault();
    marks[at].setAttribute("tabindex", "-1");
    mark.setAttribute("tabindex", "0");
    mark.focus();
  });
}
const planes = JSON.parse(document.getElementById("points").textContent);
const NEAR = 22;
for (const [id, { points }] of Object.entries(planes)) {
  const plane = document.getElementById(id);
  plane.addEventListener("pointermove", (event) => {
    const box = plane.getBoundingClientRect();
    const scale = 1000 / box.width;
    const x = (event.clientX - box.left) * scale;
    const y = (event.clientY - box.top) * scale;
    let best = null;
    let least = NEAR * NEAR;
    for (const point of points) {
      const distance = (point[0] - x) ** 2 + (point[1] - y) ** 2;
      if (distance < least) [best, least] = [point, distance];
    }
    if (best === null) return hideTip();
    const left = box.left + best[0] / scale;
    const top = box.top + best[1] / scale;
    showTip(best[3] + ": " + best[2], { left, top: top - 6, bottom: top + 6 });
  });
  plane.addEventListener("pointerleave", hideTip);
}
for (const command of document.querySelectorAll(".command")) {
  const code = command.querySelector("code");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the command " + code.textContent);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
      said.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
      said.textContent = "Selected: copy it by the keys of your system";
    }
    setTimeout(() => {
      button.textContent = "Copy";
      said.textContent = "";
    }, 2500);
  });
  command.append(button);
}
function unfoldTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  for (let at = target.parentElement; at !== null; at = at.parentElement) {
    if (at.localName === "details") at.open = true;
  }
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}
addEventListener("hashchange", unfoldTarget);
unfoldTarget();
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const details of folded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
});
`;
