// The script of the pages, besides htmx. Without it everything works, but pages are not live.
"use strict";

// Stream takes the place of EventSource in the htmx extension. It connects again after any failure, and
// shows on the page when it has had no connection for 4 seconds. A browser allows six connections to one
// host over HTTP/1.1. So a hidden page closes its connection, and connects again when it is shown; it
// then gets everything that has changed.
class Stream {
  #url; #source; #timer; #staleTimer; #delay; #listeners = []; #closed = false;

  constructor(url) {
    this.#url = url;
    this.addEventListener("reload", () => { this.close(); location.reload(); });
    document.addEventListener("visibilitychange", this.#updateVisibility);
    this.#updateVisibility();
  }

  #updateVisibility = () => {
    this.#disconnect();
    this.#delay = 500;
    if (!document.hidden) this.#connect();
  };

  #connect() {
    const source = this.#source = new EventSource(this.#url);
    for (const [name, listener] of this.#listeners) source.addEventListener(name, listener);
    source.onopen = () => { this.#delay = 500; this.#showState(true); this.onopen?.(new Event("open")); };
    source.onerror = () => {
      this.#staleTimer ??= setTimeout(() => this.#showState(false), 4000);
      if (source.readyState !== EventSource.CLOSED) return; // the browser connects again
      this.#delay = Math.min(this.#delay * 2, 30000);
      this.#timer = setTimeout(() => this.#connect(), this.#delay * (0.75 + Math.random() / 2));
    };
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#staleTimer);
    this.#staleTimer = undefined;
    this.#source?.close();
  }

  #showState(connected) {
    if (this.#closed) return;
    clearTimeout(this.#staleTimer);
    this.#staleTimer = undefined;
    const page = document.querySelector("[data-live]");
    if (!page) return;
    page.querySelector(".stale").hidden = connected;
    page.dataset.live = connected ? "on" : "off";
  }

  addEventListener(name, listener) {
    this.#listeners.push([name, listener]);
    this.#source?.addEventListener(name, listener);
  }

  removeEventListener(name, listener) {
    this.#listeners = this.#listeners.filter(([n, l]) => n !== name || l !== listener);
    this.#source?.removeEventListener(name, listener);
  }

  close() {
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.#updateVisibility);
    this.#disconnect();
  }
}

htmx.createEventSource = (url) => new Stream(url);

// Relative times, written as functions.go writes them.
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
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(from);
    button.textContent = "Selected: copy it now";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
});

// Dialogs: <button type="button" data-dialog="id of a <dialog>"> opens one.
// <button type="button" data-close> in it closes it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
  event.target.closest("[data-close]")?.closest("dialog").close();
});

// Hidden fields: <button type="button" class="scripted" data-reveal="id of the field"> shows the content.
// Without script a .scripted button does not show.
document.documentElement.dataset.scripted = "";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const field = document.getElementById(button.dataset.reveal);
  const hidden = field.type === "password";
  field.type = hidden ? "text" : "password";
  button.textContent = hidden ? "Hide" : "Show";
});
