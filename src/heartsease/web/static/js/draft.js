// What a person is writing stays in this tab until it has arrived, so an ended session loses nothing.
// It is kept under their own number, and heartsease.js drops it when they sign out or another signs in.
"use strict";
(() => {
  const PREFIX = `heartsease-draft-${document.body.dataset.reader}-`;
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const key = PREFIX + form.dataset.draft;
    const keep = () => {
      const values = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
      sessionStorage.setItem(key, JSON.stringify(values));
    };
    const bringBack = () => {
      let values = [];
      try {
        values = JSON.parse(sessionStorage.getItem(key) || "[]");
      } catch {
        values = [];
      }
      for (const [name, value] of values) {
        const control = form.elements[name];
        if (!control || control.type === "hidden") continue;
        // What the server brought back is newer than what this tab remembers.
        if (control instanceof RadioNodeList) {
          if (!control.value) control.value = value;
        } else if (!control.value) control.value = value;
      }
    };
    bringBack();
    form.addEventListener("change", keep);
    form.addEventListener("input", keep);
  }
})();
