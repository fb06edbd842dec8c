// Requests the same address again every few seconds and inserts the changes. Every screen works
// without this script.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const live = () => byId("live");
  if (!live()) return;

  const form = document.querySelector("form[data-live]");
  const pause = byId("pause");
  const every = Number(live().dataset.every) * 1000;
  let paused = false;
  let latest = 0;
  let timer;

  // Set only when the text changes, because screen readers read it aloud.
  const say = (text) => {
    if (byId("connection").textContent !== text) byId("connection").textContent = text;
  };

  const swap = (old, fresh) => {
    if (!fresh || old.contains(document.activeElement) && old.matches("select")) return;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...old.querySelectorAll("details[id]")].map((one) => [one.id, one.open]);
    const places = [...old.querySelectorAll("[id$=-scroll]")].map((one) => [one.id, one.scrollTop, one.scrollLeft]);
    const height = window.scrollY;
    old.replaceWith(fresh);
    for (const [id, is] of open) if (byId(id)) byId(id).open = is;
    for (const [id, top, left] of places) byId(id)?.scrollTo(left, top);
    if (focused) byId(focused)?.focus({ preventScroll: true });
    window.scrollTo(window.scrollX, height);
  };

  const load = async (address, asked) => {
    const number = ++latest;
    clearTimeout(timer);
    try {
      const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (number !== latest || paused && !asked) return;
      const fresh = page.getElementById("live");
      if (!fresh) {
        say(response.ok ? "Load this page again." : "This page no longer exists. Load it again.");
      } else if (fresh.dataset.kind !== live().dataset.kind) {
        location.reload();
        return;
      } else {
        swap(live(), fresh);
        for (const old of document.querySelectorAll("[data-swap]")) swap(old, page.getElementById(old.id));
        say("");
      }
    } catch {
      if (number === latest) say("The stand-in cannot be reached. Is it still running?");
    }
    if (number === latest) wait();
  };

  const wait = () => {
    clearTimeout(timer);
    if (!every || paused || document.hidden) return;
    timer = setTimeout(() => load(live().dataset.address, false), every);
  };

  // A choice takes effect immediately, and changes the address.
  form?.addEventListener("change", () => {
    const fields = new URLSearchParams(new FormData(form));
    const address = `${form.dataset.live || form.getAttribute("action")}?${fields}`;
    history.replaceState(null, "", address);
    load(address, true);
  });

  if (every) {
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Resume" : "Pause";
      if (paused) wait();
      else load(live().dataset.address, true);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || paused) wait();
      else load(live().dataset.address, true);
    });
  }

  // Shows the values at the pointer.
  document.addEventListener("pointermove", (event) => {
    const grain = event.target.closest?.("rect.grain");
    if (grain && byId("readout")) byId("readout").textContent = grain.querySelector("title").textContent;
  });

  wait();
})();
