// What every page does: show the chosen look at once, keep help at hand offline, and mind the focus.
"use strict";
(() => {
  const root = document.documentElement;
  const YEAR = 365 * 24 * 3600;

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
    return found ? found.slice(name.length + 1) : "";
  }

  function show(name, value) {
    const shown = { theme: ["light", "dark"], text_size: ["large", "larger"] }[name];
    const attribute = name === "theme" ? "data-theme" : "data-text";
    if (shown.includes(value)) root.setAttribute(attribute, value);
    else root.removeAttribute(attribute);
  }

  const DRAFTS = "heartsease-draft-";

  function forget(draft) {
    sessionStorage.removeItem(`${DRAFTS}${document.body.dataset.reader}-${draft}`);
  }

  // Nobody finds in this tab what somebody else was writing.
  function forgetOthers(reader) {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(DRAFTS) && !(reader && key.startsWith(`${DRAFTS}${reader}-`))) {
        sessionStorage.removeItem(key);
      }
    }
  }

  root.classList.add("js");
  show("theme", cookie("theme"));
  show("text_size", cookie("text_size"));

  function choose(event) {
    const { name, value } = event.target;
    if (name !== "theme" && name !== "text_size") {
      event.target.form.requestSubmit();
      return;
    }
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
    show(name, value);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const reader = document.body.dataset.reader;
    if (reader) forgetOthers(reader);
    const leave = document.querySelector("form[action='/account/logout/']");
    if (leave) leave.addEventListener("submit", () => forgetOthers(""));
    for (const form of document.querySelectorAll("[data-look]")) {
      form.addEventListener("change", choose);
      form.querySelector("[data-look-apply]").hidden = true;
    }
    // Times are shown where the person lives; the browser knows where that is.
    const zone = document.querySelector("input[type=hidden][name=timezone]");
    if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
    // What has arrived needs no draft in this tab any more (draft.js keeps them).
    if (document.querySelector(".message.sent-check-in")) forget("check-in");
    const sent = document.querySelector("[data-sent]");
    if (sent) forget(sent.dataset.sent);
    // Help goes before what is missing in a form.
    const summary = document.querySelector("[data-focus-first]") || document.querySelector(".error-summary");
    if (summary) summary.focus();
  });

  // After a fragment was exchanged, a reader is taken to what the answer asks to be read first.
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.target.querySelector("[data-focus]");
    if (target) target.focus();
  });

  // A session that ended must not swallow a tap: the form goes the plain way, and the server
  // keeps what was sent until the person has signed in again.
  document.addEventListener("htmx:sendError", () => {
    const messages = document.getElementById("messages");
    if (!messages) return;
    messages.innerHTML = '<div class="message error"></div>';
    messages.firstChild.textContent =
      "There is no connection. Nothing was sent, and what you wrote is still here. Try again in a moment.";
  });

  if ("serviceWorker" in navigator) {
    addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
  }
})();
