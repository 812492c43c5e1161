// Reloads the content when the simulator reports a change. Without this script the page still
// works, but does not update by itself.
"use strict";

const main = document.querySelector("main");
let loading = false;
let pending = false;

// Reports whether somebody is filling in a form. A reload would discard the input.
function editing() {
  const active = document.activeElement;
  if (main.contains(active) && active.matches("input, select, textarea")) return true;
  for (const field of main.querySelectorAll("input:not([type=hidden])")) {
    if (field.value !== field.defaultValue) return true;
  }
  for (const option of main.querySelectorAll("option")) {
    if (option.selected !== option.defaultSelected && option.parentElement.querySelector("[selected]")) return true;
  }
  return false;
}

function focusable() {
  return [...main.querySelectorAll("a, button")];
}

async function refresh() {
  if (loading || editing()) {
    pending = true;
    return;
  }
  loading = true;
  pending = false;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok || editing()) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page.querySelector("main").innerHTML;
    if (editing() || main.innerHTML === content) return;
    const focus = focusable().indexOf(document.activeElement);
    main.innerHTML = content;
    if (focus >= 0) focusable()[focus]?.focus({ preventScroll: true });
  } catch {
    pending = true; // the simulator is down; the next event tries again
  } finally {
    loading = false;
  }
}

// After a refused post the address can't be loaded with GET, and the page shows the refused input.
if (!document.querySelector(".problem")) {
  new EventSource("/changes").onmessage = refresh;
  main.addEventListener("focusout", () => setTimeout(() => pending && refresh()));
}
