// News for this page over one connection, while it is seen. Browsers allow few connections to a
// host, so a page in the background lets go of its own and catches up when it is seen again.
"use strict";
(() => {
  const KINDS = ["alert", "care", "checkin", "consent", "plan", "proposal", "questionnaire", "response", "review", "signal", "upload", "urgent_access"];
  const AGAIN_MS = 1000;
  const AGAIN_AT_MOST_MS = 30000;
  let last = document.body.dataset.news;
  let source = null;
  let refused = 0;

  function tell(event) {
    last = event.lastEventId || last;
    const detail = JSON.parse(event.data);
    document.body.dispatchEvent(new CustomEvent(`news:${event.type}`, { detail }));
  }

  function listen() {
    if (document.hidden) {
      if (source) source.close();
      source = null;
    } else if (!source) {
      source = new EventSource(`/events?after=${last}`);
      for (const kind of KINDS) source.addEventListener(kind, tell);
      source.addEventListener("open", () => { refused = 0; });
      source.addEventListener("error", askAgain);
    }
  }

  // The browser takes up a broken connection itself, but gives up on one that was refused.
  function askAgain() {
    if (!source || source.readyState !== EventSource.CLOSED) return;
    source = null;
    refused += 1;
    setTimeout(listen, Math.min(AGAIN_MS * 2 ** (refused - 1), AGAIN_AT_MOST_MS));
  }

  if (last === undefined) return;
  document.addEventListener("visibilitychange", listen);
  listen();
})();
