// A person's own note for a bad hour. It lives in this browser only and is never sent.
"use strict";
(() => {
  const KEY = "heartsease-my-note";
  const form = document.querySelector("[data-my-note-form]");
  if (!form) return;
  let note = {};
  try {
    note = JSON.parse(localStorage.getItem(KEY) || "{}");
  } catch {
    note = {};
  }
  const fields = [...form.querySelectorAll("[data-keep]")];
  const state = form.querySelector("[data-my-note-state]");
  const calls = form.querySelector("[data-people-calls]");

  // Each line with a number in it becomes a button that calls.
  function showCalls() {
    calls.replaceChildren();
    for (const line of (note.people || "").split("\n")) {
      const number = (line.match(/\+?[0-9][0-9 ()/-]{4,}/) || [""])[0].trim();
      if (!number) continue;
      const link = document.createElement("a");
      link.href = "tel:" + number.replace(/[^0-9+]/g, "");
      link.className = "button outline";
      link.textContent = "Call " + (line.replace(number, "").replace(/[:,\s-]+$/, "").trim() || number);
      const row = document.createElement("li");
      row.append(link);
      calls.append(row);
    }
  }

  function keep() {
    for (const field of fields) note[field.dataset.keep] = field.value;
    try {
      localStorage.setItem(KEY, JSON.stringify(note));
      state.textContent = "Kept on this device.";
    } catch {
      state.textContent = "This browser does not let pages keep notes. Please write it on paper.";
    }
    showCalls();
  }

  for (const field of fields) {
    field.value = note[field.dataset.keep] || "";
    field.addEventListener("input", keep);
  }
  form.querySelector("[data-my-note-clear]").addEventListener("click", () => {
    localStorage.removeItem(KEY);
    note = {};
    for (const field of fields) field.value = "";
    showCalls();
    state.textContent = "The note is gone from this device.";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  showCalls();
})();
