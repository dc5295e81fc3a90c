// A closer look at the waterfall: wider lines, and moving along them.
const MOST = 64;
const scroller = () => document.querySelector(".as-waterfall .scroller");
let wide = 1;

/** Make the lines so many times as wide, around the middle of what is shown; false if there are none. */
export function zoom(by) {
  const box = scroller();
  if (!box) return false;
  const middle = (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth;
  wide = Math.min(Math.max(wide * by, 1), MOST);
  box.style.setProperty("--zoom", String(wide));
  box.scrollLeft = middle * box.scrollWidth - box.clientWidth / 2;
  return true;
}

/** Show all of it. */
export const fit = () => zoom(0);

/** Move along by a part of what is shown. */
export function pan(part) {
  const box = scroller();
  box?.scrollBy({ left: box.clientWidth * part });
  return Boolean(box);
}

/** Let the buttons do the same. */
export function start() {
  document.addEventListener("click", ({ target }) => {
    const by = target.closest("#zoom button")?.dataset.by;
    if (by !== undefined) zoom(Number(by));
  });
}
