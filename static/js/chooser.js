// Says in the choice of a cluster which of them are not up, as the page of all clusters knows it.
const details = document.querySelector(".chooser details");

/** The word by each cluster's name, of those that are not up. */
async function standing() {
  const answer = await fetch(details.dataset.all, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`${answer.status} at ${details.dataset.all}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const cards = [...page.querySelectorAll(".clusters .card:not(.is-up)")];
  return new Map(cards.map((card) => [card.dataset.cluster, card.querySelector(".word").textContent]));
}

async function tell() {
  const words = await standing();
  for (const link of details.querySelectorAll("[data-cluster]")) {
    const word = words.get(link.dataset.cluster) ?? "";
    const said = link.querySelector(".standing");
    said.textContent = word;
    said.hidden = !word;
  }
}

details.addEventListener("toggle", () => {
  if (details.open) tell().catch((error) => console.warn("How the clusters do is not known:", error));
});
