"use strict";
// Fetches what changes on the page again and again, as the server renders it; without this script the page is whole, and
// shows what was so when it was loaded.
(() => {
  const main = document.querySelector("main[data-live]");
  const state = document.getElementById("live");
  if (!main || !state) return;
  const everyMs = Number(main.dataset.live) * 1000;
  let timer = 0;

  // What was opened stays open, and whoever is inside with the keyboard stays there.
  const remember = () => ({
    open: [...main.querySelectorAll("details")].map((d) => d.open),
    scrolled: [...main.querySelectorAll(".scroll")].map((s) => s.scrollLeft),
    focused: [...main.querySelectorAll("a, summary, [tabindex]")].indexOf(document.activeElement),
  });

  const restore = (kept) => {
    main.querySelectorAll("details").forEach((d, i) => { d.open = kept.open[i] === true; });
    main.querySelectorAll(".scroll").forEach((s, i) => { s.scrollLeft = kept.scrolled[i] || 0; });
    const focusable = main.querySelectorAll("a, summary, [tabindex]");
    if (kept.focused >= 0 && focusable[kept.focused]) focusable[kept.focused].focus({ preventScroll: true });
  };

  const show = (text) => { if (state.textContent !== text) state.textContent = text; };

  const refresh = async () => {
    const url = new URL(location.href);
    url.searchParams.set("part", "1");
    try {
      const answer = await fetch(url, { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      const selection = document.getSelection();
      if (selection && !selection.isCollapsed && main.contains(selection.anchorNode)) return;
      const kept = remember();
      main.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
      restore(kept);
      show("\u00b7 live");
    } catch {
      show("\u00b7 not connected; trying again");
    }
  };

  const plan = () => {
    clearTimeout(timer);
    if (document.visibilityState !== "visible") return;
    timer = setTimeout(async () => { await refresh(); plan(); }, everyMs);
  };

  document.addEventListener("visibilitychange", plan);
  show("\u00b7 live");
  plan();
})();
