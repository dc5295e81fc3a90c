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

/** Set every ticking clock. */
export function tick() {
  const now = Date.now() / 1000 - ahead;
  for (const clock of document.querySelectorAll("time.ticking")) {
    const text = duration(now - Number(clock.dataset.since));
    if (clock.textContent !== text) clock.textContent = text;
  }
}

/** Tick from now on; slower where motion is unwelcome. */
export function start() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  setInterval(tick, calm ? 1000 : 250);
  tick();
}
