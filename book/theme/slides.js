// Shows each picture on the whole screen, and leads by arrow keys from picture to picture through
// the book. `step-03.html#slide` opens the first picture of that page, `#slide-last` the last.
(() => {
  const figures = [...document.querySelectorAll("main figure.figure")];
  if (!window.HTMLDialogElement) return;
  const page = (rel) => document.querySelector(`nav a[rel~="${rel}"]`)?.href.split("#")[0];
  if (figures.length === 0) {
    // The way from picture to picture skips a page without one.
    const rel = { "#slide": "next", "#slide-last": "prev" }[location.hash];
    const other = rel && page(rel);
    if (other) location.replace(other + location.hash);
    return;
  }

  const dialog = document.createElement("dialog");
  dialog.className = "slide";
  dialog.setAttribute("aria-labelledby", "slide-title");
  dialog.innerHTML =
    '<h2 id="slide-title" tabindex="-1"></h2><div class="slide-stage"></div>' +
    '<div class="slide-bar"><button type="button">← Previous</button>' +
    '<button type="button">Next →</button><span></span>' +
    '<button type="button">Back to the text (Esc)</button></div>';
  document.body.append(dialog);
  const [title, stage] = dialog.children;
  const [previous, next, back] = dialog.querySelectorAll("button");
  const where = dialog.querySelector("span");
  // A picture keeps its id, which its style hangs on, so it is moved and not copied.
  const gap = document.createComment("picture");
  let shown = -1;

  const chapter = (figure) => {
    const before = (heading) =>
      heading.compareDocumentPosition(figure) & Node.DOCUMENT_POSITION_FOLLOWING;
    return [...document.querySelectorAll("main h1")].filter(before).at(-1)?.textContent.trim();
  };
  const address = (hash) => {
    try {
      history.replaceState(null, "", hash || location.pathname + location.search);
    } catch {
      // An address that cannot be changed is no reason to show no picture.
    }
  };
  const putBack = () => {
    if (shown >= 0) gap.replaceWith(figures[shown]);
  };
  const show = (index) => {
    putBack();
    shown = index;
    const figure = figures[index];
    title.textContent = chapter(figure) ?? document.title;
    where.textContent = `Picture ${index + 1} of ${figures.length} in this chapter`;
    figure.replaceWith(gap);
    stage.append(figure);
    previous.disabled = index === 0 && !page("prev");
    next.disabled = index === figures.length - 1 && !page("next");
    address(`#slide-${index + 1}`);
    if (!dialog.open) dialog.showModal();
    // Whoever listens hears where they are.
    title.focus();
  };
  const go = (step) => {
    const index = shown + step;
    const other = step > 0 ? page("next") : page("prev");
    if (figures[index]) show(index);
    else if (other) location.href = other + (step > 0 ? "#slide" : "#slide-last");
  };

  figures.forEach((figure, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "enlarge";
    button.textContent = "Full screen";
    const name = figure.querySelector("figcaption")?.textContent;
    if (name) button.setAttribute("aria-label", `Full screen: ${name}`);
    button.addEventListener("click", () => show(index));
    figure.append(button);
  });
  previous.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  back.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    const figure = figures[shown];
    putBack();
    shown = -1;
    address("");
    figure?.scrollIntoView({ block: "center" });
    figure?.querySelector(".enlarge").focus({ preventScroll: true });
  });
  dialog.addEventListener("keydown", (event) => {
    // mdBook's own keys would turn the page underneath.
    event.stopPropagation();
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(step);
  });

  const open = () => {
    const asked = location.hash.match(/^#slide(?:-(\d+|last))?$/);
    if (!asked) return;
    const index = asked[1] === "last" ? figures.length : Number(asked[1] ?? 1);
    show(Math.min(Math.max(index, 1), figures.length) - 1);
  };
  window.addEventListener("hashchange", open);
  open();
})();
