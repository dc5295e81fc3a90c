// The selected row, and the drawer that explains a selected step.
const main = () => document.getElementById("main");
const links = () => [...document.querySelectorAll("#rows a.step-link, #rows a.trace-link")].filter((link) => link.checkVisibility());
const current = () => document.querySelector('#rows a[aria-current="true"]');

let loading;
// The step that the drawer is to show; none once it was closed, whatever is still on its way.
let wanted = "";

function mark(link) {
  for (const other of document.querySelectorAll('#rows a[aria-current="true"]')) {
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

function load(step) {
  wanted = step;
  const address = `${document.body.dataset.root}traces/${encodeURIComponent(main().dataset.trace)}/steps/${encodeURIComponent(step)}${queryOf()}`;
  htmx.ajax("GET", address, { target: "#drawer", swap: "innerHTML" }).then(() => {
    if (!current()) markObject();
    current()?.scrollIntoView({ block: "nearest" });
  });
}

/** Clear the selection and close the drawer; false when there was nothing to clear. */
export function clear() {
  clearTimeout(loading);
  wanted = "";
  const link = current();
  const drawer = document.getElementById("drawer");
  const open = Boolean(drawer?.firstElementChild);
  if (!link && !open) return false;
  link?.removeAttribute("aria-current");
  drawer?.replaceChildren();
  history.replaceState(history.state, "", location.pathname + (drawer ? queryOf() : location.search));
  return true;
}

/** Select the row so many places on. */
export function move(by) {
  const all = links();
  if (!all.length) return;
  const from = all.indexOf(current() ?? document.activeElement);
  const next = from < 0 ? (by > 0 ? 0 : all.length - 1) : from + by;
  select(all[Math.max(0, Math.min(all.length - 1, next))]);
}

/** Open what is selected: a step's drawer, or a trace's page. */
export function open() {
  const link = current();
  if (!link || document.activeElement === link) return false;
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
  if (click.target.closest("#drawer .close")) {
    click.preventDefault();
    const link = current();
    clear();
    link?.focus();
    return;
  }
  const clickedOn = click.target.closest("a[data-step]");
  const step = clickedOn?.dataset.step;
  const link = clickedOn?.closest("#rows") ? clickedOn : linkOf(step);
  if (!link && !(step && clickedOn.closest(".walk"))) return;
  click.preventDefault();
  if (link) select(link);
  else show(step);
}

function keepClosed(swap) {
  if (swap.detail.target?.id === "drawer" && !wanted) swap.detail.shouldSwap = false;
}

/** Let the same step stay selected when the picture of the trace is another. */
function switched({ target }) {
  const link = target.closest(".switch a");
  if (link) link.hash = location.hash;
}

/** Let rows be selected by click and by address. */
export function start() {
  document.addEventListener("click", switched);
  document.addEventListener("htmx:beforeSwap", keepClosed);
  document.addEventListener("click", clicked);
  addEventListener("hashchange", fromAddress);
  fromAddress();
}
