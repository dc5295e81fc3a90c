// Puts what the server drew into the page: by id, never older over newer, none doubled.
const ROWS_MOST = 2000;
const SLACK = 50; // So many more may stand before the end is cut: cutting has its price.
const KEPT = new Set(["aria-current", "open", "style"]); // The reader's own state, not the server's.

const revisions = new Map();
const options = {
  ignoreActiveValue: true,
  callbacks: {
    beforeAttributeUpdated: (name) => !KEPT.has(name),
    beforeNodeRemoved: (node) => !node.dataset?.hasOwnProperty("whole"), // Unfolded by the reader.
  },
};

/** Morph `node` into `fresh`, keeping focus, selection and what is open. An element, as text would be parsed as a page of its own. */
export function morph(node, fresh) {
  keepingFocus(() => Idiomorph.morph(node, fresh, options));
}

/** A node that is moved loses the focus where the browser has no `moveBefore`. */
function keepingFocus(change) {
  const focused = document.activeElement;
  change();
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

/** Forget which revisions are shown: the page was drawn anew. */
export function forget() {
  revisions.clear();
}

/** Whether an op would put the rows of the feed into another order, or change which they are. */
export function moves([id, , kind, html]) {
  if (kind === "gone") return Boolean(document.getElementById(`trace-${id}`));
  if (kind !== "row") return false;
  const old = document.getElementById(`trace-${id}`);
  return !old || rank(old) !== rank(parse(html));
}

/** Apply one op; returns the element that now shows it, or undefined. With `still`, no row moves; in a `burst` none is shown to be new. */
export function apply([id, revision, kind, html], still = false, burst = false) {
  if (still && (kind === "gone" || !document.getElementById(`trace-${id}`))) return undefined;
  if (kind === "gone") return remove(id);
  if ((revisions.get(id) ?? 0) > revision) return undefined;
  revisions.set(id, revision);
  if (kind === "part") return part(id, html);
  if (kind === "keep") return keep(html.split(" "));
  const list = document.getElementById("rows");
  if (!list) return undefined;
  const fresh = parse(html);
  const old = document.getElementById(fresh.id);
  const moved = !still && (!old || old.parentElement !== list || (kind === "row" ? rank(old) !== rank(fresh) : old.dataset.order !== fresh.dataset.order));
  if (!old && !burst) fresh.classList.add("fresh");
  if (old && old.parentElement === list) morph(old, fresh);
  const row = old && old.parentElement === list ? old : fresh;
  if (moved) keepingFocus(() => list.insertBefore(row, kind === "row" ? placeInFeed(list, row) : placeInSequence(list, row)));
  return row;
}

function remove(id) {
  revisions.delete(id);
  for (const prefix of ["trace", "step", "kind", "bar"]) {
    const node = document.getElementById(`${prefix}-${id}`);
    if (node?.parentElement?.id === "rows") node.remove();
  }
  if (id.startsWith("gap-")) document.getElementById(id)?.remove();
}

function keep(ids) {
  const wanted = new Set(ids);
  for (const row of document.querySelectorAll("#rows > [data-id]")) {
    if (!wanted.has(row.dataset.id)) row.remove();
  }
}

function part(id, html) {
  const node = document.getElementById(id);
  if (node) morph(node, parse(html));
  return node;
}

/** The one element that `html` is. */
export function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

const rank = (row) => Number(row.dataset.rank);

/** What changed last stands first among the traces of its rank. */
function placeInFeed(list, row) {
  for (const other of list.children) {
    if (other !== row && (!other.dataset.rank || rank(other) >= rank(row))) return other;
  }
  return null;
}

/** A step stands where the API server's order puts it, usually last; a kind where its own does. */
function placeInSequence(list, row) {
  let after = null;
  for (let other = list.lastElementChild; other; other = other.previousElementSibling) {
    if (other === row) continue;
    if (other.dataset.order <= row.dataset.order) return after;
    after = other;
  }
  return after;
}

/** Once a frame: say whether the feed is empty (asking `:has()` for it restyles all rows), and bound it. */
export function settle() {
  const list = document.getElementById("rows");
  if (!list) return;
  if (list.firstElementChild) document.getElementById("none")?.remove(); // That there was no step yet.
  document.getElementById("feed")?.classList.toggle("is-empty", !list.querySelector(".trace-row, .older"));
  trim(list);
}

/** Keep the feed bounded; what is older can be asked for from its new end on. */
function trim(list) {
  if (list.childElementCount <= ROWS_MOST + SLACK) return;
  const rows = [...list.children].filter((row) => row.dataset.rank); // A selector would search all within.
  if (rows.length <= ROWS_MOST) return;
  for (let index = rows.length - 1; index >= ROWS_MOST; index--) {
    revisions.delete(rows[index].dataset.id);
    rows[index].remove();
  }
  const asked = new URLSearchParams(location.search);
  asked.set("before", rows[ROWS_MOST - 1].dataset.cursor);
  const older = parse(document.getElementById("older-template").innerHTML);
  older.firstElementChild.href = `?${asked}`;
  older.firstElementChild.setAttribute("hx-get", `?${asked}&part=rows`);
  document.getElementById("older")?.remove();
  list.append(older);
  htmx.process(older);
}
