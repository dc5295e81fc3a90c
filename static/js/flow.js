// Follow and pause: what arrives is shown at the next frame, or kept and counted while paused.
import { apply, moves, settle } from "./rows.js";

const KEPT_MOST = 2000;
const EDGE = 80; // Pixels from the live edge that still count as being there.

const WORK_MS = 5; // So much of a frame at most is spent on rows.
const BURST = 30; // Rows at once: more motion than that says nothing, and is dear to draw.
const AIMING_MS = 20000; // A pointer that has not moved for so long was only left there.

// What a replay shows as it was then; all else on the page goes on.
const HELD = new Set(["head", "lanes", "minimap", "cut", "next", "beside"]);

const waiting = new Map();
let pointed = 0;
let scheduled = false;
let overflowed = false;
let wasAtEdge = true;

export const flow = {
  paused: "", // "", "reader" (Space), "scroll" or "replay"
  leave: () => {}, // Ends a replay.
  applied: () => {},
  reload: () => {},

  /** Take in ops; the latest of each row wins. */
  take(ops) {
    for (const op of ops) {
      waiting.delete(op[0]);
      waiting.set(op[0], op);
    }
    if (waiting.size > KEPT_MOST) {
      waiting.clear();
      overflowed = true; // Too much to keep: the page is loaded anew when it goes on.
    }
    if (this.paused) this.showCount();
    this.schedule();
  },

  schedule() {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      this.show();
    });
  },

  /** Show what waits; while paused only the parts that are not rows. */
  show() {
    if (overflowed && !this.paused) {
      overflowed = false;
      this.reload();
      return;
    }
    const follows = isTrace() && wasAtEdge;
    const changed = [];
    let grown = false;
    const still = aimed();
    const burst = waiting.size > BURST;
    const until = performance.now() + WORK_MS;
    for (const [id, op] of waiting) {
      if (performance.now() > until) {
        this.schedule(); // The rest at the next frame: keys and pointer come in between.
        break;
      }
      if (this.paused && (op[2] !== "part" || (this.paused === "replay" && HELD.has(id)))) continue;
      const stays = still && moves(op);
      if (!stays) waiting.delete(id);
      const row = apply(op, stays, burst);
      if (row) changed.push(row);
      grown ||= Boolean(row) && op[2] !== "part";
    }
    settle();
    this.showCount();
    if (!changed.length) return;
    this.applied(changed);
    if (grown && follows && !this.paused && grows()) toEdge();
  },

  clear() {
    waiting.clear();
    overflowed = false;
    this.showCount();
  },

  pause(by) {
    if ((this.paused && by !== "replay") || !document.getElementById("pause")) return; // Coverage is always live.
    this.paused = by;
    this.showCount();
  },

  /** Go on, at the live edge if asked. */
  resume(edge = false) {
    if (this.paused === "replay") return this.leave();
    this.paused = "";
    this.showCount();
    this.show();
    if (edge) toEdge();
  },

  showCount() {
    const count = [...waiting.values()].filter((op) => op[2] === "row" || op[2] === "step").length;
    const pill = document.getElementById("newer");
    const button = document.getElementById("pause");
    if (pill) {
      pill.hidden = !(count || overflowed) || !(this.paused || aimed());
      pill.textContent = overflowed ? `more than ${KEPT_MOST} new` : `${count} new`;
    }
    if (button) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(Boolean(this.paused)));
      button.firstChild.textContent = this.paused ? "Paused " : "Pause ";
    }
  },
};

/** Whether the reader aims at a row of the feed: with a moving pointer, or by the keyboard. */
function aimed() {
  if (isTrace()) return false;
  const rows = document.getElementById("rows");
  if (!rows) return false;
  return rows.matches(":focus-within") || (rows.matches(":hover") && performance.now() - pointed < AIMING_MS);
}

const isTrace = () => document.getElementById("main")?.dataset.follow.startsWith("traces/");
const page = document.documentElement;
const grows = () => page.scrollHeight > innerHeight;

function atEdge() {
  return isTrace() ? innerHeight + scrollY >= page.scrollHeight - EDGE : scrollY <= EDGE;
}

function toEdge() {
  scrollTo({ top: isTrace() ? page.scrollHeight : 0 });
  wasAtEdge = true;
}

function scrolled() {
  const now = atEdge();
  if (now && flow.paused === "scroll") flow.resume();
  else if (!now && wasAtEdge && grows()) flow.pause("scroll");
  wasAtEdge = now;
}

/** Watch the reader scroll away from the live edge and back. */
export function start() {
  wasAtEdge = atEdge();
  addEventListener("scroll", scrolled, { passive: true });
  addEventListener("pointermove", () => (pointed = performance.now()), { passive: true });
  for (const left of ["pointerout", "focusout"]) document.addEventListener(left, () => waiting.size && flow.schedule(), { passive: true });
  setInterval(() => waiting.size && flow.schedule(), 1000);
  document.addEventListener("click", ({ target }) => {
    if (target.closest("#newer")) flow.resume(true);
    else if (target.closest("#pause")) flow.paused ? flow.resume() : flow.pause("reader");
  });
  flow.showCount();
}
