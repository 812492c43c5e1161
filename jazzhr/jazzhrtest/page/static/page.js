// Reads the page again when the simulator says that something changed. Without
// this script the page works all the same, only not by itself.
"use strict";

const main = document.querySelector("main");
let reading = false;
let again = false;

// A form somebody is filling in must not be taken from under their hands.
function busy() {
  const at = document.activeElement;
  if (main.contains(at) && at.matches("input, select, textarea")) return true;
  for (const field of main.querySelectorAll("input:not([type=hidden])")) {
    if (field.value !== field.defaultValue) return true;
  }
  for (const option of main.querySelectorAll("option")) {
    if (option.selected !== option.defaultSelected && option.parentElement.querySelector("[selected]")) return true;
  }
  return false;
}

function stops() {
  return [...main.querySelectorAll("a, button")];
}

async function refresh() {
  if (reading || busy()) {
    again = true;
    return;
  }
  reading = true;
  again = false;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok || busy()) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main").innerHTML;
    if (busy() || main.innerHTML === fresh) return;
    const focus = stops().indexOf(document.activeElement);
    main.innerHTML = fresh;
    if (focus >= 0) stops()[focus]?.focus({ preventScroll: true });
  } catch {
    again = true; // the simulator is away; the next event finds it back
  } finally {
    reading = false;
  }
}

// After a refused post the address is not one that can be read, and the page
// shows what was refused.
if (!document.querySelector(".problem")) {
  new EventSource("/changes").onmessage = refresh;
  main.addEventListener("focusout", () => setTimeout(() => again && refresh()));
}
