// On a phone one question a page, with large answers and the keys 0 to 3; elsewhere all at once.
"use strict";
(() => {
  const form = document.querySelector("form[data-questions]");
  if (!form) return;
  const questions = [...form.querySelectorAll("[data-question]")];
  const pager = form.querySelector("[data-pager]");
  const before = form.querySelector("[data-before]");
  const after = form.querySelector("[data-after]");
  const send = form.querySelector("[data-send]");
  const progress = form.querySelector("[data-progress]");
  const bar = progress.querySelector("progress");
  const words = form.querySelector("[data-progress-words]");
  const narrow = matchMedia("(max-width: 40em)");
  const SOON_MS = 180;
  const CALM_MS = 700;
  let place = 0;
  let wentByItself = 0;

  const answered = (question) => question.querySelector("input:checked") !== null;

  // Every page has an address of its own, so that the browser's own Back goes one question back.
  function go(to, { remember = true, focus = true } = {}) {
    place = Math.min(Math.max(to, 0), questions.length);
    if (remember) history.pushState({ place }, "");
    draw();
    if (!focus || !narrow.matches) return;
    const target = place < questions.length ? questions[place].querySelector("input") : send.querySelector("button");
    const chosen = place < questions.length && questions[place].querySelector("input:checked");
    (chosen || target).focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function draw() {
    const paged = narrow.matches;
    form.classList.toggle("paged", paged);
    questions.forEach((question, index) => {
      question.hidden = paged && index !== place;
    });
    send.hidden = paged && place < questions.length;
    pager.hidden = !paged;
    before.disabled = place === 0;
    after.hidden = place === questions.length;
    const done = questions.filter(answered).length;
    progress.hidden = false;
    bar.value = done;
    words.textContent =
      paged && place < questions.length
        ? `Question ${place + 1} of ${questions.length}`
        : `${done} of ${questions.length} answered`;
  }

  // The answered question gives way to the next one, unless somebody was quicker by hand.
  function goOnFrom(question) {
    const here = questions.indexOf(question);
    setTimeout(() => {
      if (place !== here) return;
      wentByItself = Date.now();
      go(here + 1);
    }, SOON_MS);
  }

  function choose(question, value) {
    const input = question.querySelector(`input[value="${value}"]`);
    if (!input) return;
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
    const next = questions[questions.indexOf(question) + 1];
    if (narrow.matches) goOnFrom(question);
    else if (next) (next.querySelector("input:checked") || next.querySelector("input")).focus();
    else send.querySelector("button").focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key)) return;
    if (event.target.matches("textarea, select, input:not([type=radio])")) return;
    const current = narrow.matches
      ? questions[place]
      : event.target.closest("[data-question]") || questions.find((one) => !answered(one));
    if (current) choose(current, event.key);
  });

  // A tap goes on by itself; arrow keys only move the choice, so they must not.
  let tapped = 0;
  form.addEventListener("pointerup", () => {
    tapped = Date.now();
  });
  form.addEventListener("click", (event) => {
    if (!narrow.matches || !event.target.matches(".answer input") || Date.now() - tapped > 600) return;
    tapped = 0;
    goOnFrom(event.target.closest("[data-question]"));
  });

  before.addEventListener("click", () => history.back());
  // A tap on Next that was meant for the question before must not skip this one.
  after.addEventListener("click", () => {
    const justCame = Date.now() - wentByItself < CALM_MS;
    if (justCame && place < questions.length && !answered(questions[place])) return;
    go(place + 1);
  });
  addEventListener("popstate", (event) => go(event.state?.place ?? 0, { remember: false }));
  narrow.addEventListener("change", draw);
  form.addEventListener("change", draw);

  const missing = form.dataset.missing;
  const first = missing
    ? questions.findIndex((question) => question.dataset.question === missing)
    : questions.findIndex((question) => !answered(question));
  place = first < 0 ? questions.length : first;
  for (let index = 0; index < place; index += 1) {
    if (index === 0) history.replaceState({ place: 0 }, "");
    history.pushState({ place: index + 1 }, "");
  }
  if (place === 0) history.replaceState({ place: 0 }, "");
  go(place, { remember: false, focus: false });

  for (const link of document.querySelectorAll(".error-summary a[href^='#item_']")) {
    link.addEventListener("click", () => {
      const number = link.hash.match(/^#item_(\d+)_/)[1];
      go(questions.findIndex((question) => question.dataset.question === number));
    });
  }
})();
