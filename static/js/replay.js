// Replays a trace: hides what came after a moment, and lets the moment move. Live updates wait.
import { offset } from "./clocks.js";
import { flow } from "./flow.js";
import { morph, parse } from "./rows.js";

const NEAR = 1e-6; // Seconds by which sums of times differ: the map's moments are rounded up to whole milliseconds.
const EACH_MS = 100; // Between two looks at the clock while playing: quick enough to read along.

const $ = (id) => document.getElementById(id);
let at; // The moment that is shown, in unix seconds; undefined when live.
let timer;
let asking = false;

export const active = () => at !== undefined;

/** The moments of all steps, rising; the map of the trace carries them. */
function moments() {
  const { begin, times } = $("minimap").dataset;
  return (times ?? "").split(" ").filter(Boolean).map((ms) => Number(begin) + Number(ms) / 1000);
}

const bounds = () => [Number($("minimap").dataset.begin), Number($("minimap").dataset.end)];
const speed = () => Number($("speed").value);

/** Show the trace as it was at a moment. */
export function seek(moment) {
  const [begin, end] = bounds();
  at = Math.min(Math.max(moment, begin), end);
  if (flow.paused !== "replay") flow.pause("replay");
  document.body.dataset.replaying = "";
  for (const row of document.querySelectorAll("#rows [data-at]")) row.hidden = Number(row.dataset.at) > at + NEAR;
  veil($("minimap"), begin, end);
  const axis = $("lanes")?.dataset;
  if (axis?.begin) veil($("rows"), Number(axis.begin), Number(axis.end));
  const all = moments();
  const done = all.filter((each) => each <= at + 0.0005).length;
  const said = `${offset(at - begin)}, ${done} of ${all.length} moments`;
  $("moment").value = String((at - begin) / (end - begin));
  $("moment").setAttribute("aria-valuetext", said);
  $("moment-says").textContent = said;
  $("replay-live").hidden = false;
  head();
}

function veil(node, begin, end) {
  const x = Math.min(Math.max(((at - begin) / (end - begin)) * 100, 0), 100);
  for (const rect of node.querySelectorAll(".veil")) rect.setAttribute("x", `${Number(x.toFixed(3))}%`);
}

const unix = () => (Math.ceil(at * 1000) / 1000).toFixed(3);

/** Ask for the head as it was then: one question at a time, the latest moment last. */
async function head() {
  if (asking || !$("main").dataset.trace) return; // A window of time has no head of its own.
  asking = true;
  let asked;
  while (active() && asked !== at) {
    asked = at;
    const { trace } = $("main").dataset;
    try {
      const answer = await fetch(`${document.body.dataset.root}traces/${encodeURIComponent(trace)}/then?at=${unix()}`);
      const html = await answer.text();
      if (!answer.ok) throw new Error(answer.statusText);
      if (active()) morph($("head"), parse(html));
    } catch (failure) {
      $("moment-says").textContent += `; how it stood then could not be read: ${failure.message}`;
      break; // The next move asks again.
    }
    await new Promise((next) => setTimeout(next, EACH_MS));
  }
  asking = false;
}

/** Let the address be that of the shown moment. */
function address() {
  const query = new URLSearchParams(location.search);
  if (active()) query.set("at", unix());
  else query.delete("at");
  history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`);
}

function go(moment) {
  stop();
  seek(moment);
  address();
}

/** One step on or back in time. */
export function step(forward) {
  const all = moments();
  if (!all.length) return;
  const from = at ?? Infinity;
  const next = forward ? all.find((each) => each > from + 0.0005) : all.findLast((each) => each < from - 0.0005);
  go(next ?? (forward ? all.at(-1) : all[0]));
}

/** Play on from the shown moment, or from the start. */
export function play() {
  const [begin, end] = bounds();
  if (!active() || at >= end) seek(begin);
  let last = performance.now();
  clearInterval(timer);
  timer = setInterval(() => {
    const now = performance.now();
    seek(at + ((now - last) / 1000) * speed());
    last = now;
    if (at >= end) go(end);
  }, EACH_MS);
  said(true);
}

function stop() {
  clearInterval(timer);
  timer = undefined;
  said(false);
}

function said(playing) {
  $("replay-play").setAttribute("aria-pressed", String(playing));
  $("replay-play").textContent = playing ? "Hold" : "Play";
}

/** Play, or hold. */
export function toggle() {
  if (timer === undefined) play();
  else go(at);
}

/** Show what is now, and go on with it. */
export function live() {
  stop();
  at = undefined;
  delete document.body.dataset.replaying;
  $("moment-says").textContent = "";
  $("moment").value = "1";
  $("replay-live").hidden = true;
  address();
  flow.paused = "";
  flow.reload();
}

const acts = {
  "replay-first": () => go(bounds()[0]),
  "replay-play": toggle,
  "replay-back": () => step(false),
  "replay-on": () => step(true),
  "replay-live": live,
};

function clicked(click) {
  const act = acts[click.target.closest("#replay a, #replay button")?.id];
  if (!act || click.ctrlKey || click.metaKey || click.shiftKey) return;
  click.preventDefault();
  act();
}

function pointed(point) {
  if (!point.target.closest?.("#minimap") || !(point.buttons & 1) || !$("replay")) return;
  const box = $("minimap").getBoundingClientRect();
  const [begin, end] = bounds();
  go(begin + ((point.clientX - box.left) / box.width) * (end - begin));
}

/** Let a trace be replayed, if this is the page of one; at the moment of the address, if it names one. */
export function start() {
  if (!$("replay")) return;
  document.addEventListener("click", clicked);
  for (const kind of ["pointerdown", "pointermove"]) document.addEventListener(kind, pointed);
  document.addEventListener("input", ({ target }) => {
    if (target.id !== "moment") return;
    const [begin, end] = bounds();
    stop();
    seek(begin + Number(target.value) * (end - begin));
  });
  document.addEventListener("change", ({ target }) => target.id === "moment" && address());
  flow.leave = live;
  const asked = Number(new URLSearchParams(location.search).get("at"));
  if (asked) seek(asked);
}
