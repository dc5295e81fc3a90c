// Says how things stand to those who listen rather than look: politely, and not too often.
const EVERY_MS = 5000;
const STATES = ["stalled", "running"];

let said = "";
let timer;

function standing() {
  const head = document.querySelector("#head .state");
  if (head) return [head, document.querySelector("#head .baton .who")].map((part) => part?.textContent.trim().replaceAll(/\s+/g, " ")).join(", ");
  const lines = document.querySelector(".lines");
  if (lines) return lesson(lines);
  const feed = document.getElementById("feed");
  if (!feed) return "";
  const rows = feed.querySelectorAll(".trace-row").length;
  if (!rows) return feed.querySelector("#empty h2")?.textContent ?? "";
  const counts = STATES.map((state) => [feed.querySelectorAll(`.trace-row.is-${state}`).length, state]);
  const first = feed.querySelector(".trace-row.is-stalled .title")?.textContent;
  const words = counts.filter(([count]) => count).map(([count, state]) => `${count} ${state}`);
  return words.length ? `${words.join(", ")}${first ? `; first ${first}` : ""}` : `nothing under way; ${rows} done`;
}

/** How far a trace shows the documented steps. */
function lesson(lines) {
  const all = lines.querySelectorAll(".shown");
  const open = lines.querySelectorAll(".shown.is-pending").length;
  const due = lines.querySelector(".is-due")?.closest(".line").querySelector(".told h3").firstChild.textContent.trim();
  return `${all.length - open} of ${all.length} lines are known${due ? `; next: ${due}` : ""}`;
}

/** Say how things stand, if that is new, at most every five seconds; soon where the reader has `asked`. */
export function summarise(asked = false) {
  if (asked) {
    clearTimeout(timer);
    said = timer = undefined;
  }
  if (timer) return;
  timer = setTimeout(() => {
    timer = undefined;
    const now = standing();
    // The clocks within tick; they alone are no news.
    const news = now.replaceAll(/\d+(\.\d+)? (ms|s|min|h|d)\b/g, "");
    if (news === said) return;
    said = news;
    document.getElementById("summary").textContent = now;
  }, asked ? 500 : EVERY_MS);
}
