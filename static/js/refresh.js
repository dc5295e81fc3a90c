// Draws a page anew every few seconds where that is cheaper than telling each change.
import * as clocks from "./clocks.js";
import { morph } from "./rows.js";

const main = () => document.getElementById("main");

async function refresh() {
  if (document.hidden || main().querySelector("dialog[open]") || !getSelection().isCollapsed) return;
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
