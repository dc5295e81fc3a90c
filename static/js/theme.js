// Runs before the first paint, so that neither the theme nor what needs script ever flickers.
(() => {
  const root = document.documentElement;
  const kept = (() => {
    try {
      return localStorage.getItem("baton-theme");
    } catch {
      return null; // Storage may be forbidden; the system's theme is then the only one.
    }
  })();
  root.dataset.script = "";
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
})();
