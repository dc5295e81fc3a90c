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

/** The same words as the server's `wording.offset`. */
export const offset = (seconds) => `${seconds < 0 ? "\u2212" : "+"}${duration(Math.abs(seconds))}`;

// How the reader wants times: relative or absolute, in UTC or in their own zone.
let wanted = "relative utc";
const drawn = new WeakMap(); // What the server had written into a time, and what stands there now.

const pad = (number, size = 2) => String(number).padStart(size, "0");

/** A moment as the server writes it, "2026-11-23 00:07:01.823 UTC", or in the reader's zone. */
function moment(date, local) {
  const minutes = local ? -date.getTimezoneOffset() : 0;
  const shifted = new Date(date.getTime() + minutes * 60000);
  const zone = local ? `${minutes < 0 ? "\u2212" : "+"}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}` : "UTC";
  return `${shifted.toISOString().slice(0, 23).replace("T", " ")} ${zone}`;
}

/** The time of day of a moment by the browser's clock (ms), as the server's clock has it and the reader wants it. */
export const timeOfDay = (ms) => moment(new Date(ms - ahead * 1000), wanted.endsWith("local")).replace(/^\S+ (\S+)\.\d+/, "$1");

/** What a time is to read, given what the server wrote. */
function read(clock, text) {
  const [style, zone] = wanted.split(" ");
  const relative = clock.matches(".offset, .ago");
  if (relative ? style === "relative" : zone === "utc" || !/\d:\d\d/.test(text)) return text;
  const full = moment(new Date(clock.dateTime), zone === "local");
  if (relative) return full.slice(11, 23);
  return text.length > 12 ? full : full.slice(11, 11 + text.length);
}

function restyle(parts) {
  for (const clock of within(parts, "time[datetime]:not(.ticking, .until)")) {
    const known = drawn.get(clock);
    const text = known?.now === clock.textContent ? known.text : clock.textContent;
    const now = read(clock, text);
    drawn.set(clock, { text, now });
    if (clock.textContent !== now) clock.textContent = now;
  }
}

const within = (parts, selector) => parts.flatMap((part) => [...part.querySelectorAll(selector)]);

/** Set the clocks that tick, and the times as the reader wants them: all, or those in some parts. */
export function tick(parts = [document]) {
  const now = Date.now() / 1000 - ahead;
  const set = (selector, words) => going && fill(within(parts, selector), words);
  set("time.ticking", (clock) => duration(now - Number(clock.dataset.since)));
  if (!wanted.startsWith("absolute")) set("time.ago", (clock) => ago(now - Number(clock.dataset.at)));
  set("time.until", (clock) => until(Number(clock.dataset.at) - now));
  if (styled) restyle(parts);
}

let going = false; // A recording's clocks stand where it ended.
let styled = false; // Nothing need be looked at before the reader has asked for anything.

function fill(clocks, words) {
  for (const clock of clocks) {
    const text = words(clock);
    if (clock.textContent !== text) clock.textContent = text;
  }
}

/** Let the reader choose how times read; `stored` keeps the choice. */
export function choose(stored) {
  const select = document.getElementById("times");
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = name.split("/").pop().replaceAll("_", " ");
  for (const option of [...select.options]) {
    if (zone !== "UTC") option.text = option.text.replace("your zone", zone);
    else if (option.value.endsWith("local")) option.remove(); // Their own zone is UTC: once is enough.
    else option.text = option.text.replace(", UTC", "");
  }
  const take = () => {
    wanted = select.value;
    styled ||= wanted !== "relative utc";
    document.documentElement.dataset.times = wanted.split(" ")[0];
    tick();
  };
  const kept = stored("baton-times");
  if ([...select.options].some((option) => option.value === kept)) select.value = kept;
  select.parentElement.hidden = false;
  select.addEventListener("change", () => {
    stored("baton-times", select.value);
    take();
  });
  take();
}

/** Tick from now on; slower where motion is unwelcome. */
export function start() {
  going = true;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  setInterval(() => tick(), calm ? 1000 : 250);
  tick();
}
