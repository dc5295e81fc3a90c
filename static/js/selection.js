// The selected row, and the drawer that explains a selected step.
import { morph, parse } from "./rows.js";

const main = () => document.getElementById("main");
const ROWS = ":is(#rows, .ranked) a:is(.step-link, .trace-link)";
const links = () => [...document.querySelectorAll(ROWS)].filter((link) => link.checkVisibility());
const current = () => document.querySelector(`${ROWS}[aria-current="true"]`);

let loading;
// The step that the drawer is to show; none once it was closed, whatever is still on its way.
let wanted = "";

function mark(link) {
  for (const other of document.querySelectorAll(`${ROWS}[aria-current="true"]`)) {
    if (other !== link) other.removeAttribute("aria-current");
  }
  link.setAttribute("aria-current", "true");
  link.closest("details")?.setAttribute("open", "");
}

/** Select a link: mark it, and show its step after a moment, so that holding a key stays quick. */
export function select(link, { focus = true } = {}) {
  mark(link);
  if (focus) link.focus({ preventScroll: true });
  link.scrollIntoView({ block: "nearest" });
  if (!link.dataset.step) return;
  history.replaceState(history.state, "", `${location.pathname}${queryOf()}#step-${link.dataset.step}`);
  clearTimeout(loading);
  loading = setTimeout(() => load(link.dataset.step), 60);
}

/** The address's query without the selected step, which stands behind its # instead. */
function queryOf() {
  const query = new URLSearchParams(location.search);
  query.delete("step");
  return query.size ? `?${query}` : "";
}

async function load(step) {
  wanted = step;
  const address = `${document.body.dataset.root}traces/${encodeURIComponent(main().dataset.trace)}/steps/${encodeURIComponent(step)}${queryOf()}`;
  const answer = await fetch(address).catch((failure) => ({ statusText: failure.message }));
  const html = answer.ok ? await answer.text() : "";
  if (wanted !== step) return; // Another was asked for since, or none.
  draw(step, html || failed(answer));
  if (!current()) markObject();
  current()?.scrollIntoView({ block: "nearest" });
}

/** Put a step into the drawer; what has the focus keeps it, and the same step stays where it was scrolled to. */
function draw(step, html) {
  const drawer = document.getElementById("drawer");
  const within = drawer.contains(document.activeElement);
  const same = drawer.querySelector("[data-step]")?.dataset.step === step;
  if (drawer.firstElementChild) morph(drawer.firstElementChild, parse(html));
  else {
    drawer.innerHTML = html;
    document.getElementById("summary").textContent = "Who, why and the evidence stand in the region “The selected step”.";
  }
  if (!same) drawer.scrollTop = 0;
  if (within && !drawer.contains(document.activeElement)) drawer.querySelector("a")?.focus({ preventScroll: true });
}

function failed({ status, statusText }) {
  const said = document.createElement("p");
  said.className = "unread-step";
  said.role = "alert";
  said.textContent = status === 404 ? "This trace holds no such step any more: it may have moved to another. Load the page again." : `This step could not be read: ${statusText || status}. Select it again.`;
  return said.outerHTML;
}

/** Clear the selection and close the drawer, whose focus goes back to its row; false when there was nothing to clear. */
export function clear() {
  clearTimeout(loading);
  wanted = "";
  const link = current();
  const drawer = document.getElementById("drawer");
  const open = Boolean(drawer?.firstElementChild);
  if (!link && !open) return false;
  const within = drawer?.contains(document.activeElement);
  link?.removeAttribute("aria-current");
  drawer?.replaceChildren();
  if (within) (link ?? main()).focus({ preventScroll: true });
  history.replaceState(history.state, "", location.pathname + (drawer ? queryOf() : location.search));
  return true;
}

/** Select the row so many places on; false when the page has no rows. */
export function move(by) {
  const all = links();
  if (!all.length) return false;
  const from = all.indexOf(current() ?? document.activeElement);
  const next = from < 0 ? (by > 0 ? 0 : all.length - 1) : from + by;
  select(all[Math.max(0, Math.min(all.length - 1, next))]);
  return true;
}

/** Open what is selected: a step's drawer, or a trace's page; a link that has the focus is opened instead. */
export function open() {
  const link = current();
  if (!link || document.activeElement.closest("a")) return false;
  link.click();
  return true;
}

/** Keep the drawer true when the step that it shows was drawn again. */
export function refresh(rows) {
  const shown = document.querySelector("#drawer [data-step]")?.dataset.step;
  if (shown && rows.some((row) => row.querySelector(`[data-step="${CSS.escape(shown)}"]`))) load(shown);
}

/** Mark the line of the object that the shown step is about: not each step has a link in the waterfall. */
function markObject() {
  const uid = document.querySelector("#drawer [data-object]")?.dataset.object;
  const link = uid && document.querySelector(`#rows [data-object="${CSS.escape(uid)}"] > a`);
  if (link) mark(link);
}

const linkOf = (step) => step && document.querySelector(`#rows a[data-step="${CSS.escape(step)}"]`);

/** Show a step that has no row of its own here: it is folded into another. */
function show(step) {
  current()?.removeAttribute("aria-current");
  history.replaceState(history.state, "", `${location.pathname}${queryOf()}#step-${step}`);
  load(step);
}

function fromAddress() {
  const step = location.hash.startsWith("#step-") ? decodeURIComponent(location.hash.slice(6)) : "";
  const link = linkOf(step);
  if (link) select(link, { focus: false });
  else if (step && main().dataset.trace) show(step);
}

/** Select the step that the drawer of the shown one calls its neighbour; false if none is shown. */
export function walk(forward) {
  const beside = document.querySelector(`#drawer .walk a[rel="${forward ? "next" : "prev"}"]`);
  if (beside) beside.click();
  else if (!document.querySelector("#drawer [data-step]")) move(forward ? 1 : -1);
}

function clicked(click) {
  if (click.button || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
  const opened = !click.detail && click.target.closest("#feed .trace-link");
  if (opened) history.replaceState({ ...history.state, row: opened.parentElement.id }, "");
  if (click.target.closest("#drawer .close")) {
    click.preventDefault();
    clear();
    return;
  }
  const clickedOn = click.target.closest("a[data-step]");
  const step = clickedOn?.dataset.step;
  const link = clickedOn?.closest("#rows") ? clickedOn : linkOf(step);
  if (!link && !(step && clickedOn.closest(".walk"))) return;
  click.preventDefault();
  if (link) select(link, { focus: !document.activeElement.closest("#drawer") });
  else show(step);
}

/** Let the same step stay selected when the picture of the trace is another. */
function switched({ target }) {
  const link = target.closest(".switch a");
  if (link) link.hash = location.hash;
}

/** Who opened a row by key, and comes back, goes on from there; a pointer needs no such place, and a focus holds rows still. */
function returned() {
  const { row, ...rest } = history.state ?? {};
  if (!row) return;
  history.replaceState(rest, "");
  document.querySelector(`#feed #${CSS.escape(row)} > .trace-link`)?.focus();
}

/** Let rows be selected by click and by address. */
export function start() {
  document.addEventListener("click", switched);
  document.addEventListener("click", clicked);
  addEventListener("hashchange", fromAddress);
  fromAddress();
  returned();
}
