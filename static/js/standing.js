// Says above the feed, and in the title of its tab, how many rows stand still, with what, and how many go on.
const EVERY_MS = 500; // Counting is cheap, but not for each frame of a burst.
const CODES_MOST = 5;
const title = document.title;

let timer;

/** How many rows are in `state`; `more` where the page may end before all of them. */
function count(feed, state) {
  const rows = [...feed.querySelectorAll(`.trace-row.is-${state}`)];
  const last = [...feed.querySelectorAll(".trace-row")].at(-1);
  const partly = feed.querySelector(".older .about") || (feed.querySelector(".older") && last?.matches(`.is-${state}`));
  return { rows, words: `${rows.length}${partly ? " or more" : ""} ${state}`, some: rows.length > 0, more: Boolean(partly) };
}

/** What is wrong with these rows, the most frequent first, each with how many; what is not named comes last. */
function codes(rows) {
  const found = new Map();
  for (const row of rows) {
    const code = row.querySelector(".diagnosis")?.textContent ?? "";
    found.set(code, (found.get(code) ?? 0) + 1);
  }
  const named = [...found].filter(([code]) => code).sort((one, other) => other[1] - one[1]);
  const told = named.slice(0, CODES_MOST);
  const left = rows.length - told.reduce((sum, [, many]) => sum + many, 0);
  return told.length && left ? [...told, ["", left]] : told;
}

/** A code leads to the traces that have the word, as far as history reaches. */
function drawn([code, many], search) {
  const piece = document.createElement(code ? "a" : "span");
  if (code) piece.href = `${search}?${new URLSearchParams({ text: code, in: "traces" })}`;
  const name = Object.assign(document.createElement("span"), { className: code ? "diagnosis" : "", textContent: code || "others" });
  piece.append(name, ` ${many}`);
  return piece;
}

/** Draw them anew where they changed: somebody may be about to follow one. */
function draw(place, told) {
  const pieces = told.map((each) => drawn(each, place.dataset.search));
  if (pieces.map((each) => each.outerHTML).join("") === place.innerHTML) return;
  const at = place.contains(document.activeElement) ? document.activeElement.href : undefined;
  place.replaceChildren(...pieces);
  if (at) pieces.find((each) => each.href === at)?.focus({ preventScroll: true });
}

/** Say it at once: the page was drawn. */
export function tell() {
  const feed = document.getElementById("feed");
  const place = document.getElementById("standing");
  if (!feed || !place || new URLSearchParams(location.search).has("before")) return; // A later page does not begin with them.
  const [stalled, running] = ["stalled", "running"].map((state) => count(feed, state));
  for (const each of [stalled, running]) {
    const said = place.querySelector(each === stalled ? ".is-stalled" : ".is-running");
    said.querySelector(".word").textContent = each.words;
    said.hidden = !each.some;
  }
  draw(place.querySelector(".codes"), codes(stalled.rows));
  place.querySelector(".nothing").hidden = stalled.some || running.some || stalled.more || running.more || !feed.querySelector(".trace-row");
  document.title = stalled.some ? `${stalled.words} · ${title}` : title;
}

/** Say it soon, once for all that comes meanwhile. */
export function tellSoon() {
  timer ??= setTimeout(() => {
    timer = undefined;
    tell();
  }, EVERY_MS);
}
