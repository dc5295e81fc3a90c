// Every Pod as one small shape on a canvas: its form and its colour both say how it is.
const FORMS = { failing: "triangle", failed: "cross", pending: "ring", "not-ready": "half", starting: "half", terminating: "dash", ready: "full", done: "small" };
const TONES = { failing: "stalled", failed: "stalled", pending: "pending", "not-ready": "current", starting: "current", terminating: "superseded", ready: "complete", done: "complete" };
const CALM = new Set(["ready", "done"]);
const LARGEST = 18;
const SMALLEST = 7;
const MOST_HEIGHT = 640;

const map = { pods: [], states: [], left: 0, cell: LARGEST, columns: 1, at: -1 };
const box = () => document.getElementById("podmap");
const canvas = () => box().querySelector("canvas");

function layout(width) {
  const fits = (cell) => Math.ceil(map.pods.length / Math.max(1, Math.floor(width / cell))) * cell <= MOST_HEIGHT;
  map.cell = LARGEST;
  while (map.cell > SMALLEST && !fits(map.cell)) map.cell--;
  map.columns = Math.max(1, Math.floor(width / map.cell));
  return Math.ceil(map.pods.length / map.columns) * map.cell;
}

const draw = {
  full: (pen, x, y, r) => pen.fillRect(x - r, y - r, 2 * r, 2 * r),
  small: (pen, x, y, r) => pen.fillRect(x - r / 2, y - r / 2, r, r),
  ring: (pen, x, y, r) => pen.strokeRect(x - r + 0.5, y - r + 0.5, 2 * r - 1, 2 * r - 1),
  half(pen, x, y, r) {
    pen.strokeRect(x - r + 0.5, y - r + 0.5, 2 * r - 1, 2 * r - 1);
    pen.fillRect(x - r, y, 2 * r, r);
  },
  dash: (pen, x, y, r) => pen.fillRect(x - r, y - r / 4, 2 * r, r / 2),
  triangle(pen, x, y, r) {
    pen.beginPath();
    pen.moveTo(x, y - r);
    pen.lineTo(x + r, y + r);
    pen.lineTo(x - r, y + r);
    pen.fill();
  },
  cross(pen, x, y, r) {
    pen.beginPath();
    pen.moveTo(x - r, y - r);
    pen.lineTo(x + r, y + r);
    pen.moveTo(x + r, y - r);
    pen.lineTo(x - r, y + r);
    pen.stroke();
  },
};

function paint() {
  const board = canvas();
  const width = board.clientWidth;
  if (!width) return;
  const height = layout(width);
  const scale = devicePixelRatio || 1;
  board.width = Math.round(width * scale);
  board.height = Math.round(height * scale);
  const pen = board.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(board);
  const colours = map.states.map(colour);
  const r = map.cell * 0.36;
  pen.lineWidth = Math.max(1, map.cell / 8);
  map.pods.forEach(([, , , , state], index) => {
    pen.fillStyle = pen.strokeStyle = colours[state];
    pen.globalAlpha = CALM.has(map.states[state]) ? 0.45 : 1; // What needs nobody stays behind.
    const [x, y] = middle(index);
    draw[FORMS[map.states[state]] ?? "ring"](pen, x, y, r);
  });
  pen.globalAlpha = 1;
  if (map.at >= 0) {
    const [x, y] = middle(map.at);
    pen.strokeStyle = style.color;
    pen.lineWidth = 2;
    pen.strokeRect(x - map.cell / 2 + 1, y - map.cell / 2 + 1, map.cell - 2, map.cell - 2);
  }
}

/** A colour of the theme, taken from an element that wears it: the style sheets stay its one place. */
function colour(state) {
  return getComputedStyle(box().querySelector(`.colours .is-${TONES[state] ?? "pending"}`)).color;
}

const middle = (index) => [((index % map.columns) + 0.5) * map.cell, (Math.floor(index / map.columns) + 0.5) * map.cell];

function say() {
  const pod = map.pods[map.at];
  const left = map.left ? ` ${map.left} more Pods are not shown.` : "";
  const words = pod ? `${pod[1]}/${pod[2]}: ${map.states[pod[4]].replaceAll("-", " ") || "not known yet"}${pod[3] ? `, on ${pod[3]}` : ", without a node"}` : "In rows by node. Point at a Pod, or use the arrow keys; Enter opens it.";
  const said = document.getElementById("podmap-said");
  const now = visible(words) + (pod ? "" : left);
  if (said.textContent !== now) said.textContent = now; // What is written again is read out again.
}

/** As the server's `wording.visible`: nothing that reorders the text around it. */
const visible = (text) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

function choose(index) {
  if (index === map.at) return;
  map.at = index >= 0 && index < map.pods.length ? index : -1;
  paint();
  say();
}

function pointed({ offsetX, offsetY }) {
  const column = Math.floor(offsetX / map.cell);
  choose(column < map.columns ? Math.floor(offsetY / map.cell) * map.columns + column : -1);
}

function pressed(press) {
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: map.columns, ArrowUp: -map.columns }[press.key];
  if (by) choose(Math.max(0, Math.min(map.pods.length - 1, map.at < 0 ? 0 : map.at + by)));
  else if (press.key === "Enter") open();
  else return;
  press.preventDefault();
  press.stopPropagation();
}

function open() {
  const pod = map.pods[map.at];
  if (pod) location.assign(box().dataset.object.replace("UID", () => quoted(pod[0])));
}

/** A uid in an address, as dashboard/converters.py writes it. */
function quoted(uid) {
  const plain = /^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/.test(uid);
  return encodeURIComponent(plain ? uid : encodeURIComponent(uid).replaceAll(".", "%2E"));
}

async function load() {
  const chosen = map.pods[map.at]?.[0];
  const answer = await fetch(box().dataset.pods);
  if (!answer.ok) return;
  Object.assign(map, await answer.json());
  map.at = chosen ? map.pods.findIndex(([uid]) => uid === chosen) : -1;
  box().hidden = !map.pods.length;
  if (map.pods.length) paint();
  say();
}

/** Draw the map of Pods, where the page has one, and keep it as fresh as the page. */
export function start() {
  if (!box()) return;
  const board = canvas();
  board.addEventListener("pointermove", pointed);
  board.addEventListener("pointerleave", () => document.activeElement === board || choose(-1));
  board.addEventListener("click", open);
  board.addEventListener("keydown", pressed);
  new ResizeObserver(() => map.pods.length && paint()).observe(box());
  document.addEventListener("baton:refreshed", () => load().catch(() => {}));
  document.getElementById("theme").addEventListener("click", () => map.pods.length && paint());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.pods.length && paint());
  load().catch(() => {});
}
