// Buttons that copy what stands beside them; without this script it can still be chosen by hand.
"use strict";
(() => {
  const said = document.querySelector("[data-copied]");

  function choose(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  // A page that did not come over TLS may not reach the clipboard; the text is then chosen at least.
  async function copy(element) {
    try {
      await navigator.clipboard.writeText(element.textContent);
      return true;
    } catch {
      choose(element);
      return false;
    }
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(document.getElementById(button.dataset.copy));
      said.textContent = done ? "Copied." : "It is marked now. Copy it with the menu of your device.";
    });
  }
})();
