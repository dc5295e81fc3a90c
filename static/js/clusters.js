// Keeps the page of all clusters fresh, and has each cluster tell how it does whom it lets.
const SECONDS = 5;
const told = new Map(); // What each cluster said last, by its address.

/** What a cluster says of itself, in words; nothing where it lets nobody know who does not sign in. */
function words(answer, summary) {
  if (answer.status === 401) return [["Sign in there to see how it does", ""]];
  if (!summary) return [];
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

async function ask(place) {
  const address = place.dataset.summary;
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  const pieces = words(answer, answer.ok ? await answer.json() : null);
  told.set(address, pieces);
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
