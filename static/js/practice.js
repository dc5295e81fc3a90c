// Remembers which exercises were done: in this browser, since the practice cluster forgets at its end.
const KEY = "baton.exercises";

/** What was done, and when, by the name of each exercise. */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // No storage here, or something else of this name: nothing is remembered.
  }
}

function keep(done) {
  try {
    localStorage.setItem(KEY, JSON.stringify(done));
  } catch {
    // It is shown as done for as long as the cluster shows it.
  }
}

/** Note what Baton shows as done, and mark what was done before. */
export function remember() {
  const items = [...document.querySelectorAll("[data-exercise]")];
  if (!items.length) return;
  const done = kept();
  const before = Object.keys(done).length;
  for (const { dataset } of items) if ("done" in dataset) done[dataset.exercise] ??= new Date().toISOString();
  if (Object.keys(done).length !== before) keep(done);
  for (const item of items) mark(item, done[item.dataset.exercise]);
  tally(items.filter(({ dataset }) => dataset.exercise in done).length);
}

function mark(item, when) {
  const earlier = Boolean(when) && !("done" in item.dataset);
  item.classList.toggle("was-done", earlier);
  const far = item.querySelector(".far");
  if (earlier && !far.textContent.trim()) far.textContent = "done before";
}

function tally(count) {
  const line = document.getElementById("tally");
  if (!line) return; // One answer, and not the list of all.
  line.textContent = count ? `${count} of ${line.dataset.total} done` : "";
  line.hidden = !count;
  const forget = document.getElementById("forget");
  if (forget) forget.hidden = !count;
}

/** Show what is remembered, and let it be forgotten. */
export function start() {
  remember();
  document.getElementById("forget")?.addEventListener("click", () => {
    localStorage.removeItem(KEY);
    location.reload();
  });
}
