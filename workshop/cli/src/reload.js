// Loads the page again when the book was built again, and says so when it cannot be built.
// `cargo workshop` puts this into the pages that it serves, never into a folder.
(() => {
  const edition = document.currentScript.dataset.edition;
  const note = document.createElement("pre");
  note.id = "workshop-problem";
  note.setAttribute("role", "alert");
  note.style.cssText =
    "position:fixed;inset:auto 0 0 0;z-index:1000;margin:0;padding:1em;max-height:50vh;" +
    "overflow:auto;white-space:pre-wrap;background:#7a1020;color:#fff;font-size:1.4rem";

  const show = (problem) => {
    if (!problem) {
      note.remove();
    } else if (note.textContent !== problem || !note.isConnected) {
      note.textContent = problem;
      document.body.append(note);
    }
  };

  // It asks instead of being told: a connection kept open for every page would use up the six
  // that a browser has for a server, and the seventh page would never load.
  const look = async () => {
    let pause = 1000;
    if (!document.hidden) {
      try {
        const state = await (await fetch("/.workshop/state", { cache: "no-store" })).json();
        if (state.edition !== edition) {
          location.reload();
          return;
        }
        show(state.problem);
      } catch {
        // Stopped. The page can still be read, and comes alive again with the next start.
        pause = 5000;
      }
    }
    setTimeout(look, pause);
  };
  look();
})();
