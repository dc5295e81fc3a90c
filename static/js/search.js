// The search box of the header: what is found shows below it while somebody types, Enter opens the page of it.

const FAILED = "The search did not get through. Press Enter to try again.";

/** Listen to the box; without it, on the page of sign-in, there is nothing to do. */
export function start() {
  const box = document.getElementById("search");
  if (!box) return;
  const field = document.getElementById("search-text");
  const found = document.getElementById("found");
  const show = (open) => {
    found.hidden = !(open && field.value.trim() && found.childElementCount);
  };
  const failed = (event) => {
    if (event.detail.elt !== field) return;
    found.replaceChildren(Object.assign(document.createElement("p"), { role: "status", textContent: FAILED }));
    show(true);
  };
  found.addEventListener("htmx:afterSwap", () => {
    show(document.activeElement === field);
    const many = found.querySelectorAll("li").length;
    const said = many ? `${many} found; the down arrow leads to them` : found.querySelector("h2")?.textContent;
    if (!found.hidden) document.getElementById("summary").textContent = said ?? "";
  });
  document.body.addEventListener("htmx:sendError", failed);
  document.body.addEventListener("htmx:responseError", failed);
  field.addEventListener("focus", () => show(true));
  field.addEventListener("input", () => field.value.trim() || show(false));
  box.addEventListener("focusout", (event) => box.contains(event.relatedTarget) || show(false));
  box.addEventListener("keydown", (press) => walk(press, field, found, show));
}

/** The arrows walk from the box through what was found, Escape goes back and closes. */
function walk(press, field, found, show) {
  const links = found.hidden ? [] : [...found.querySelectorAll("a")].filter((link) => link.checkVisibility());
  const at = links.indexOf(document.activeElement);
  if (press.key === "Escape" && !found.hidden) {
    field.focus();
    show(false);
  } else if (press.key === "ArrowDown" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
  else if (press.key === "ArrowUp" && at >= 0) (links[at - 1] ?? field).focus();
  else return;
  press.preventDefault();
  press.stopPropagation();
}
