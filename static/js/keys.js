// The keyboard: single keys act only while no control has the focus, and can be switched off.
// A key that finds nothing to act on (its act says false) stays the browser's own: pages scroll by it.
import { choose as chooseTimes } from "./clocks.js";
import { flow } from "./flow.js";
import * as replay from "./replay.js";
import { clear, move, open, walk } from "./selection.js";
import { fit, pan, zoom } from "./zoom.js";

const CONTROLS = "input, select, textarea, button, summary, dialog, [contenteditable], [tabindex='0']";

const keys = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => listed() && move(1),
  ArrowUp: () => listed() && move(-1),
  Enter: () => open(),
  " ": () => (replay.active() ? replay.toggle() : follows() && (flow.paused ? flow.resume() : flow.pause("reader"))),
  ",": () => beside(false),
  ".": () => beside(true),
  w: () => zoom(1.5),
  s: () => zoom(1 / 1.5),
  a: () => pan(-0.25),
  d: () => pan(0.25),
  f: () => fit(),
  g: () => live(),
  End: () => live(),
  "/": () => search(),
  "?": () => document.getElementById("help").showModal(),
};

/** Whether the page is a list of rows; elsewhere the arrows scroll. */
const listed = () => Boolean(document.getElementById("rows"));

/** Whether the page follows what is live, so that it can be paused; a recording and the reference do not. */
const follows = () => Boolean(document.getElementById("pause")?.checkVisibility());

function live() {
  if (!replay.active() && !follows()) return false;
  return flow.resume(true);
}

/** The step before or after: in time while replaying, else in the API server's order. */
function beside(forward) {
  if (replay.active()) replay.step(forward);
  else if (document.getElementById("drawer")) walk(forward);
  else return false;
  return true;
}

function search() {
  const field = document.getElementById("search-text");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function pressed(press) {
  if (press.defaultPrevented || press.ctrlKey || press.metaKey || press.altKey) return;
  if (press.key === "Escape") {
    if (!document.querySelector("dialog[open]")) clear();
    return;
  }
  if (press.target.closest?.(CONTROLS) || !allowed()) return;
  const act = keys[press.key.length === 1 ? press.key.toLowerCase() : press.key];
  if (act && act() !== false) press.preventDefault();
}

function allowed() {
  return document.getElementById("keys-on").checked;
}

function stored(key, value) {
  try {
    return value === undefined ? localStorage.getItem(key) : localStorage.setItem(key, value);
  } catch {
    return null; // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function themes() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const order = ["auto", "light", "dark"];
  const what = Object.assign(document.createElement("span"), { className: "wide-only", textContent: "Theme: " });
  const show = () => {
    const theme = root.dataset.theme ?? "auto";
    button.replaceChildren(what, theme);
    button.setAttribute("aria-label", `Theme: ${theme}`);
    button.title = button.ariaLabel;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(root.dataset.theme ?? "auto") + 1) % order.length];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    stored("baton-theme", next);
    show();
  });
  show();
}

/** Listen to keys, and wire the two buttons of the header. */
export function start() {
  const help = document.getElementById("help-open");
  const on = document.getElementById("keys-on");
  help.hidden = false;
  help.addEventListener("click", () => document.getElementById("help").showModal());
  on.checked = stored("baton-keys") !== "off";
  on.addEventListener("change", () => stored("baton-keys", on.checked ? "on" : "off"));
  document.addEventListener("keydown", pressed);
  chooseTimes(stored);
  themes();
}
