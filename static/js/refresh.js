// Draws a page anew every few seconds where that is cheaper than telling each change.
import * as clocks from "./clocks.js";
import { morph } from "./rows.js";

const main = () => document.getElementById("main");
const SELECTING_MS = 60000; // A text that was selected for so long was only left so; the page goes on.

let selected = 0; // When the text was selected that the reader may want to copy.

function copying() {
  if (getSelection().isCollapsed) selected = 0;
  else selected ||= Date.now();
  return selected && Date.now() - selected < SELECTING_MS;
}

async function refresh() {
  if (document.hidden || main().querySelector("dialog[open]") || copying()) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
  const map = document.getElementById("podmap");
  if (map) fresh.querySelector("#podmap")?.replaceWith(map.cloneNode(true)); // Its script draws it.
  morph(main(), fresh);
  clocks.setServerTime(Number(fresh.dataset.now));
  document.dispatchEvent(new Event("baton:refreshed"));
}

/** Keep a page fresh that asks for it, once its answer has come and its seconds are over. */
export function start() {
  const seconds = Number(main().dataset.refresh);
  if (!seconds) return;
  // What can't be fetched is asked for again; that Baton is gone the socket says in the header.
  const again = () => setTimeout(() => refresh().catch(() => {}).finally(again), seconds * 1000);
  again();
}
