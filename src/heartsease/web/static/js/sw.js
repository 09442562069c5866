// Keeps one page for the hour without a connection: Get help now. Nothing personal is ever stored.
"use strict";
const STORE = "heartsease-help-1";
const HELP = "/help/";

async function keep(store, address, seen) {
  if (seen.has(address)) return;
  seen.add(address);
  const answer = await fetch(address, { credentials: "omit", cache: "no-cache" });
  if (!answer.ok) return;
  await store.put(address, answer.clone());
  const kind = answer.headers.get("Content-Type") || "";
  if (!kind.includes("html") && !kind.includes("css")) return;
  const text = await answer.text();
  const pattern = kind.includes("html")
    ? /(?:href|src)="(\/static\/[^"]+)"/g
    : /url\(["']?(?!data:)([^"')]+)["']?\)/g;
  const parts = [...text.matchAll(pattern)].map((found) => {
    const part = new URL(found[1], new URL(address, location.origin));
    return part.origin === location.origin ? part.pathname + part.search : null;
  });
  await Promise.all(parts.filter(Boolean).map((part) => keep(store, part, seen)));
}

async function refresh() {
  const store = await caches.open(STORE);
  await keep(store, HELP, new Set());
}

self.addEventListener("install", (event) => {
  event.waitUntil(refresh().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name !== STORE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(old());
});

async function helpOrNothing(request) {
  try {
    const answer = await fetch(request);
    if (answer.status < 500) return answer;
    if (new URL(request.url).pathname !== HELP) return answer;
  } catch {
    // No connection: fall through to what was kept.
  }
  const store = await caches.open(STORE);
  return (await store.match(HELP)) || Response.error();
}

async function partOrKept(request) {
  try {
    return await fetch(request);
  } catch {
    const store = await caches.open(STORE);
    return (await store.match(request, { ignoreSearch: true })) || Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(helpOrNothing(request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(partOrKept(request));
});
