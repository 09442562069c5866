// The caseload: fresh rows when something happens, keys for those who look at sixty people a day.
"use strict";
(() => {
  const holder = document.querySelector("[data-caseload]");
  if (!holder) return;
  const rows = document.getElementById("rows");
  const peek = document.getElementById("peek");
  const form = document.querySelector("[data-filter]");
  const TOGETHER_MS = 30;
  const AGAIN_MS = 1000;
  const AGAIN_AT_MOST_MS = 30000;
  const MANY = 12;
  const changed = new Set();
  let everybody = false;
  let chosen = null;
  let waiting = false;
  let failed = 0;
  let soon = 0;

  form.querySelector("[data-filter-apply]").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());

  function all() {
    return [...rows.querySelectorAll("[data-row]")];
  }

  function mark() {
    for (const row of all()) row.toggleAttribute("data-chosen", row.dataset.person === chosen);
  }

  // News says of whom it is: only their rows are asked for, one request at a time.
  function hear(event) {
    const person = event.detail && event.detail.person;
    if (person) changed.add(person);
    else everybody = true;
    refreshIn(TOGETHER_MS);
  }

  function refreshIn(milliseconds) {
    clearTimeout(soon);
    soon = setTimeout(refresh, milliseconds);
  }

  // What could not be fetched is asked for again, less and less often.
  async function refresh() {
    if (waiting || !(everybody || changed.size)) return;
    const people = [...changed];
    const some = !everybody && people.length <= MANY && rows.querySelector("tbody");
    changed.clear();
    everybody = false;
    waiting = true;
    try {
      const answer = await fetch(addressOf(some ? people : []), { headers: { "HX-Request": "true" } });
      if (answer.status !== 200) throw new Error(answer.statusText);
      show(await answer.text(), some ? people : null);
      failed = 0;
    } catch {
      people.forEach((person) => changed.add(person));
      everybody = everybody || !some;
      failed += 1;
    } finally {
      waiting = false;
      refreshIn(failed ? Math.min(AGAIN_MS * 2 ** (failed - 1), AGAIN_AT_MOST_MS) : 0);
    }
  }

  // Put fresh rows in, of some people or of all, and leave the reader where they were.
  function show(text, people) {
    const fresh = document.createElement("template");
    fresh.innerHTML = text;
    const focused = document.activeElement.closest("[data-row]");
    if (people) exchange(people, [...fresh.content.querySelectorAll("[data-row]")]);
    else rows.replaceChildren(fresh.content);
    mark();
    count();
    const row = focused && all().find((one) => one.dataset.person === focused.dataset.person);
    if (row && row !== focused) row.querySelector(".who").focus();
  }

  function addressOf(people) {
    const address = new URL(location.href);
    address.searchParams.set("fragment", "1");
    for (const person of people) address.searchParams.append("person", person);
    return address;
  }

  // Rows of these people leave their old place and stand where their need puts them.
  function exchange(people, fresh) {
    for (const row of all()) if (people.includes(row.dataset.person)) row.remove();
    const body = rows.querySelector("tbody");
    for (const row of fresh) body.insertBefore(row, all().find((one) => isAfter(one, row)) || null);
    if (!body.children.length) everybody = true;
  }

  function isAfter(one, other) {
    const [ours, theirs] = [one, other].map((row) => row.dataset.rank.split(" ").map(Number));
    const place = ours.findIndex((value, index) => value !== theirs[index]);
    return place >= 0 && ours[place] > theirs[place];
  }

  // The heading counts everybody, so it follows only while everybody is shown.
  function count() {
    const shown = new FormData(form);
    if (shown.get("whose") !== "team" || shown.get("which") !== "all") return;
    const needing = all().filter((row) => "needs" in row.dataset).length;
    const counts = document.querySelector("[data-counts]");
    counts.querySelector("[data-total]").textContent = all().length;
    counts.querySelector("[data-needing]").textContent = needing;
    counts.querySelector("[data-some]").hidden = !needing;
    counts.querySelector("[data-nobody]").hidden = Boolean(needing);
  }

  for (const kind of ["alert", "care", "checkin", "consent", "plan", "proposal", "response", "review", "signal", "upload"]) {
    document.body.addEventListener(`news:${kind}`, hear);
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

  function say(text) {
    const message = document.createElement("div");
    message.className = "message error";
    message.textContent = text;
    document.getElementById("messages").replaceChildren(message);
  }

  async function reviewed() {
    const row = all().find((one) => one.dataset.person === chosen);
    if (!row) return;
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(row.dataset.reviewed, {
      method: "POST",
      headers: { "X-CSRFToken": token, "HX-Request": "true" },
    });
    if (answer.status === 409) return say(await answer.text());
    changed.add(row.dataset.person);
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
