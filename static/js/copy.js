// Copies a rule by one press, or selects it where the browser gives no access to the clipboard.

async function copy(button) {
  const text = button.closest("figure").querySelector("pre");
  const { tool } = button.dataset; // `oc` takes what `kubectl` takes.
  try {
    await navigator.clipboard.writeText(tool ? text.textContent.replace(/^\S+/, tool) : text.textContent);
    say(button, "Copied");
  } catch {
    getSelection().selectAllChildren(text); // No clipboard without https, or without permission.
    say(button, "Selected");
  }
}

function say(button, word) {
  button.dataset.word ??= button.textContent;
  button.textContent = word;
  setTimeout(() => (button.textContent = button.dataset.word), 2000);
}

/** Let the buttons beside rules copy them. */
export function start() {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button.copy");
    if (button) copy(button);
  });
}
