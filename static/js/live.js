// Makes a page live: continues by the socket from exactly where the server drew it.
import * as clocks from "./clocks.js";
import { start as startCopy } from "./copy.js";
import { flow, start as startFlow } from "./flow.js";
import { start as startKeys } from "./keys.js";
import { remember, start as startPractice } from "./practice.js";
import { start as startReplay } from "./replay.js";
import { forget, morph } from "./rows.js";
import { start as startMap } from "./podmap.js";
import { start as startRefresh } from "./refresh.js";
import { refresh, start as startSelection } from "./selection.js";
import { start as startSearch } from "./search.js";
import { Link } from "./socket.js";
import * as standing from "./standing.js";
import { summarise } from "./summary.js";
import { start as startZoom } from "./zoom.js";

const SIGNED_OUT = 4401;
const LESS_RIGHTS = 4403;
const page = { epoch: "", since: 0 };
const main = () => document.getElementById("main");

/** Read where the page that is shown was drawn at. */
function drawnAt() {
  const source = document.getElementById("feed") ?? main();
  page.epoch = source.dataset.epoch ?? "";
  page.since = Number(source.dataset.seq ?? 0);
}

function follows(type) {
  const feed = document.getElementById("feed");
  const message = { type, epoch: page.epoch, since: page.since, view: main().dataset.follow };
  if (feed) message.filter = JSON.parse(feed.dataset.filter);
  return message;
}

/** Load the page again in place, and go on from there. */
async function reload() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const drawer = document.getElementById("drawer");
  if (drawer) fresh.getElementById("drawer")?.replaceChildren(...[...drawer.children].map((child) => child.cloneNode(true)));
  flow.clear();
  forget();
  morph(main(), fresh.getElementById("main"));
  drawnAt();
  flow.showCount();
  standing.tell();
  link.send(follows("sub"));
}

let reloaded = 0;

/** Load the page again; a server that asks for it over and over is not asked in a tight loop. */
function reloadSoon() {
  const wait = Date.now() - reloaded < 5000 ? 5000 : 0;
  reloaded = Date.now() + wait;
  setTimeout(() => reload().catch(() => link.socket?.close()), wait);
}

let loggingOut = false;

/** Who logs out here is led on by the answer, which also has the browser forget: that is waited for. */
function startLogout() {
  document.querySelector(".viewer form")?.addEventListener("submit", () => (loggingOut = true));
}

const heard = {
  welcome(message) {
    clocks.setServerTime(message.now);
    if (message.reset) reloadSoon();
  },
  batch(message) {
    page.since = message.seq;
    flow.take(message.ops);
    summarise();
    link.send({ type: "ack", seq: message.seq });
  },
  status(message) {
    clocks.setServerTime(message.now);
    flow.take(Object.entries(message.parts).map(([id, html]) => [id, 0, "part", html]));
  },
  gap(message) {
    missed(message.gap.resource.plural);
  },
  refused(message) {
    say(message.reason);
    if (message.code === SIGNED_OUT && !loggingOut) location.reload(); // It leads to the page of sign-in.
    if (message.code === LESS_RIGHTS) reloadSoon();
  },
};

/** Never hidden, only empty: what speaks has to be there before it says something. The same is not said again. */
function say(text) {
  const line = document.getElementById("link");
  if (line.textContent !== text) line.textContent = text;
}

/** A page that hears nothing shows what was, so it says of when that is. */
const lost = () => `Connection to Baton lost; trying again. What is shown is of ${clocks.timeOfDay(link.heardAt)}.`;

const GAP_MS = 30000;
const unseen = new Set();
let unseenTimer;

/** Tell of gaps for a while, many as one: the page of coverage keeps each with its bounds. */
function missed(plural) {
  unseen.add(plural);
  const [first, ...others] = unseen;
  say(`A gap: ${first}${others.length ? ` and ${others.length} more` : ""} not seen for a while; see Coverage.`);
  clearTimeout(unseenTimer);
  unseenTimer = setTimeout(() => {
    unseen.clear();
    if (document.body.dataset.link === "up") say("");
  }, GAP_MS);
}

const link = new Link({
  hello: () => follows("hello"),
  heard: (message) => heard[message.type]?.(message),
  changed(up) {
    document.body.dataset.link = up ? "up" : "down";
    say(up ? "" : lost());
  },
});

function filtered() {
  flow.clear();
  forget();
  drawnAt();
  standing.tell();
  summarise(true);
  if (!recorded) link.send(follows("sub"));
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const [name, value] of [...detail.formData]) if (!value) detail.formData.delete(name);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.requestConfig?.elt?.id === "filters") filtered();
});

flow.applied = (parts) => {
  const { title } = document.getElementById("head")?.dataset ?? {};
  if (title) document.title = `${title} · ${document.getElementById("main").dataset.cluster} · Baton`; // A tab in the background tells how its trace stands.
  refresh(parts);
  clocks.tick(parts);
  remember();
  standing.tellSoon();
  summarise();
};
flow.reload = reloadSoon;
drawnAt();
standing.tell();
const recorded = "recorded" in document.body.dataset; // It has ended: no clock ticks, nothing comes.
if (!recorded) {
  clocks.setServerTime(Number(main().dataset.now));
  clocks.start();
}
startFlow();
startKeys();
startSelection();
startCopy();
startZoom();
startReplay();
startSearch();
startMap();
startPractice();
startLogout();
if (!recorded) startRefresh();
if (!recorded) link.open();
