// News for this page over one connection, while it is seen. Browsers allow few connections to a
// host, so a page in the background lets go of its own and catches up when it is seen again.
"use strict";
(() => {
  const KINDS = ["alert", "checkin", "consent", "plan", "proposal", "questionnaire", "response", "signal", "upload", "urgent_access"];
  let last = document.body.dataset.news;
  let source = null;

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
    }
  }

  if (last === undefined) return;
  document.addEventListener("visibilitychange", listen);
  listen();
})();
