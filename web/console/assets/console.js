// What the pages need of script beyond htmx. Everything works without it, only not live.
"use strict";

// Streams. A browser allows one host six connections over HTTP/1.1, so a page that nobody sees gives its own back, and
// takes it up again, with everything that has changed, when it is looked at.
(() => {
  const sources = new Set();

  htmx.createEventSource = (url) => {
    const source = new EventSource(url, { withCredentials: true });
    for (const old of sources) if (old.readyState === EventSource.CLOSED) sources.delete(old);
    sources.add(source);
    source.addEventListener("reload", () => { source.close(); location.reload(); });
    return source;
  };

  document.addEventListener("visibilitychange", () => {
    for (const source of sources) {
      if (document.hidden) {
        source.close();
      } else if (source.readyState === EventSource.CLOSED) {
        sources.delete(source);
        source.dispatchEvent(new Event("error")); // the extension then connects anew
      }
    }
  });

  // The note that a page may be out of date, once its stream has been away for longer than a hiccup.
  const timers = new WeakMap();
  const live = (target) => target.closest?.("[data-live]");
  document.addEventListener("htmx:sseError", (event) => {
    const page = live(event.target);
    if (!page || document.hidden || timers.has(page)) return;
    timers.set(page, setTimeout(() => { page.querySelector(".stale").hidden = false; }, 4000));
  });
  document.addEventListener("htmx:sseOpen", (event) => {
    const page = live(event.target);
    if (!page) return;
    clearTimeout(timers.get(page));
    timers.delete(page);
    page.querySelector(".stale").hidden = true;
    page.dataset.live = "on";
  });
})();

// Times, as functions.go writes them.
(() => {
  const roughly = (s) => s < 60 ? `${Math.floor(s)} s` : s < 3600 ? `${Math.floor(s / 60)} min`
    : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} days`;
  const relative = (s) => Math.abs(s) < 5 ? "just now" : s < 0 ? `in ${roughly(-s)}` : `${roughly(s)} ago`;
  const tick = () => {
    if (document.hidden) return;
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const text = relative((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(tick, 5000);
  document.addEventListener("visibilitychange", tick);
})();

// Copy buttons: <button data-copy="id of the element whose text is copied">.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copy);
  const text = from.value ?? from.textContent.trim();
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(from);
    button.textContent = "Selected: copy it now";
  }
  setTimeout(() => { button.textContent = said; }, 2000);
});

// Dialogs: <button type="button" data-dialog="id of a <dialog>"> opens one, <button type="button" data-close> in it closes it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
  event.target.closest("[data-close]")?.closest("dialog").close();
});
