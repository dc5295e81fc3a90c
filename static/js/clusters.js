// Keeps the page of all clusters fresh, and has each cluster tell how it does whom it lets.
const SECONDS = 5;
const told = new Map(); // What each cluster said last, by its address.

const SIGN_IN = [["Sign in there to see how it does", ""]];

/** What a cluster says of itself, in words. */
function words(summary) {
  const { stalled, running, unknown } = summary.traces;
  const detail = summary.live.detail ? `, ${summary.live.detail}` : "";
  return [
    [`${summary.live.word}${detail}`, summary.live.state === "live" ? "" : "is-stalled"],
    [`${stalled} stalled`, stalled ? "is-stalled" : ""],
    [`${running} running`, ""],
    [`${unknown} unknown`, ""],
  ];
}

function draw(place, pieces) {
  place.replaceChildren(
    ...pieces.map(([text, look]) => {
      const piece = document.createElement("span");
      piece.textContent = text;
      piece.className = look;
      return piece;
    }),
  );
  place.hidden = !pieces.length;
}

/**
 * What it says. Who was not known there asks its page of sign-in first, which sends on whoever is: a refusal would be
 * noise in the console. One that does not answer has nothing to say.
 */
async function asked({ dataset: { summary, entry } }) {
  if ((told.get(summary) ?? SIGN_IN) === SIGN_IN) {
    const page = await fetch(entry, { method: "HEAD", redirect: "manual" });
    if (page.type !== "opaqueredirect") return page.ok ? SIGN_IN : [];
  }
  const answer = await fetch(summary, { headers: { Accept: "application/json" } });
  if (answer.ok) return words(await answer.json());
  return answer.status === 401 ? SIGN_IN : [];
}

async function ask(place) {
  const pieces = await asked(place);
  told.set(place.dataset.summary, pieces);
  draw(place, pieces);
}

function tell() {
  for (const place of document.querySelectorAll("[data-summary]")) {
    draw(place, told.get(place.dataset.summary) ?? []);
    ask(place).catch(() => told.delete(place.dataset.summary));
  }
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("clusters");
  const shown = document.getElementById("clusters");
  if (!fresh) return location.reload(); // The cluster that was asked for is up again.
  if (!shown.contains(document.activeElement)) shown.replaceWith(fresh);
  tell();
}

tell();
setInterval(() => document.hidden || refresh().catch(() => {}), SECONDS * 1000);
