// The caseload: fresh rows when something happens, keys for those who look at sixty people a day.
"use strict";
(() => {
  const holder = document.querySelector("[data-caseload]");
  if (!holder) return;
  const rows = document.getElementById("rows");
  const peek = document.getElementById("peek");
  const form = document.querySelector("[data-filter]");
  let chosen = null;
  let waiting = false;
  let again = false;

  form.querySelector("[data-filter-apply]").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());

  function all() {
    return [...rows.querySelectorAll("[data-row]")];
  }

  function mark() {
    for (const row of all()) row.toggleAttribute("data-chosen", row.dataset.person === chosen);
  }

  // One request at a time; whatever happens meanwhile is fetched by the next one.
  async function refresh() {
    if (waiting) {
      again = true;
      return;
    }
    waiting = true;
    rows.setAttribute("aria-busy", "true");
    try {
      const address = new URL(location.href);
      address.searchParams.set("fragment", "1");
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (answer.ok) {
        const text = await answer.text();
        const had = rows.contains(document.activeElement);
        rows.innerHTML = text;
        mark();
        const row = had && all().find((one) => one.dataset.person === chosen);
        if (row) row.querySelector(".who").focus();
      }
    } finally {
      waiting = false;
      rows.setAttribute("aria-busy", "false");
      if (again) {
        again = false;
        refresh();
      }
    }
  }

  for (const kind of ["alert", "proposal", "plan", "consent", "response", "signal", "checkin", "upload"]) {
    document.body.addEventListener(`news:${kind}`, refresh);
  }

  function step(by) {
    const list = all();
    if (!list.length) return;
    const here = list.findIndex((row) => row.dataset.person === chosen);
    const next = list[Math.min(Math.max(here + by, 0), list.length - 1)];
    chosen = next.dataset.person;
    mark();
    next.querySelector(".who").focus();
  }

  async function look() {
    const row = all().find((one) => one.dataset.person === chosen);
    if (!row) return;
    const answer = await fetch(row.dataset.peek, { headers: { "HX-Request": "true" } });
    if (answer.ok) peek.innerHTML = await answer.text();
  }

  async function reviewed() {
    const row = all().find((one) => one.dataset.person === chosen);
    if (!row) return;
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    await fetch(row.dataset.reviewed, {
      method: "POST",
      headers: { "X-CSRFToken": token, "HX-Request": "true" },
    });
    refresh();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea, button")) return;
    const row = all().find((one) => one.dataset.person === chosen);
    const does = {
      j: () => step(1),
      k: () => step(-1),
      " ": look,
      r: reviewed,
      Enter: () => row && !event.target.matches("a") && location.assign(row.dataset.open),
      Escape: () => peek.replaceChildren(),
    }[event.key];
    if (does && (event.key === "j" || event.key === "k" || chosen)) {
      if (event.key !== "Enter" || row) {
        if (event.key === " ") event.preventDefault();
        does();
      }
    }
  });

  rows.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) {
      chosen = row.dataset.person;
      mark();
    }
  });
})();
