// Renews the page when something happens. Without it every page works as well; it is then as old as when it was loaded.
"use strict";
(() => {
  const main = document.getElementById("main");
  const live = document.getElementById("live");
  const quiet = ["try", "undo", "rule", "playbook", "error"]; // pages that nothing changes
  if (!window.EventSource || !main || !live || quiet.includes(document.body.dataset.page)) return;

  let dirty = false; // somebody is writing: their words are never taken away
  let behind = false;
  let busy = false;
  main.addEventListener("input", () => { dirty = true; });
  const writing = () => dirty || (document.activeElement && main.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT|BUTTON)$/.test(document.activeElement.tagName));

  const renew = async () => {
    if (busy) { behind = true; return; }
    if (writing()) { live.textContent = "Something has changed. Load the page again to see it."; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.redirected && !answer.url.startsWith(location.origin + location.pathname)) { location.reload(); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      if (answer.ok && fresh && !writing()) {
        const open = [...main.querySelectorAll("details")].map((d) => d.open);
        fresh.querySelectorAll("details").forEach((d, i) => { if (i < open.length) d.open = open[i]; });
        main.replaceChildren(...fresh.childNodes);
        const nav = page.querySelector("nav"), old = document.querySelector("nav");
        if (nav && old) old.replaceChildren(...nav.childNodes);
        const made = page.querySelector("footer time"), was = document.querySelector("footer time");
        if (made && was) was.replaceWith(made);
        document.title = page.title;
        live.textContent = "Live.";
      }
    } catch (e) {
      live.textContent = "The server cannot be reached. What you see may be old.";
    } finally {
      busy = false;
      if (behind) { behind = false; setTimeout(renew, 1000); }
    }
  };

  const stream = new EventSource("/live?since=" + encodeURIComponent(document.body.dataset.revision));
  stream.addEventListener("changed", renew);
  stream.addEventListener("open", () => { live.textContent = "Live."; });
  stream.addEventListener("error", () => { live.textContent = "Not live: the connection is lost, and is tried again."; });
})();
