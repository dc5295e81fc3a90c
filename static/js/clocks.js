// Clocks that tick by the server's time: an elapsed time is never wrong by the browser's own clock.
let ahead = 0;

/** Learn the server's time (unix seconds). */
export function setServerTime(seconds) {
  if (Number.isFinite(seconds)) ahead = Date.now() / 1000 - seconds;
}

/** The same words as the server's `wording.duration`. */
export function duration(seconds) {
  const s = Math.max(seconds, 0);
  if (s < 0.9995) return `${Math.round(s * 1000)} ms`;
  if (s < 59.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  if (whole < 3600) return two(whole, "min", 60, "s", 1);
  if (whole < 86400) return two(whole, "h", 3600, "min", 60);
  return two(whole, "d", 86400, "h", 3600);
}

function two(whole, unit, size, below, step) {
  const rest = Math.floor((whole % size) / step);
  const first = `${Math.floor(whole / size)} ${unit}`;
  return rest ? `${first} ${rest} ${below}` : first;
}

/** The same words as the server's `wording.ago`. */
export function ago(seconds) {
  if (seconds < 2) return "just now";
  return seconds < 60 ? `${Math.floor(seconds)} s ago` : `${duration(seconds)} ago`;
}

/** The same words as the server's `wording.until`. */
export function until(seconds) {
  if (seconds <= 0) return "now";
  return seconds <= 59 ? `in ${Math.ceil(seconds)} s` : `in ${duration(seconds)}`;
}

/** Set every ticking clock. */
export function tick() {
  const now = Date.now() / 1000 - ahead;
  set("time.ticking", (clock) => duration(now - Number(clock.dataset.since)));
  set("time.ago", (clock) => ago(now - Number(clock.dataset.at)));
  set("time.until", (clock) => until(Number(clock.dataset.at) - now));
}

function set(clocks, words) {
  for (const clock of document.querySelectorAll(clocks)) {
    const text = words(clock);
    if (clock.textContent !== text) clock.textContent = text;
  }
}

/** Tick from now on; slower where motion is unwelcome. */
export function start() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  setInterval(tick, calm ? 1000 : 250);
  tick();
}
