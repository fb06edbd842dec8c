// Shows each picture, diff and prediction on the whole screen, as a slide. Arrow keys lead from
// slide to slide through the book. `step-03.html#slide` opens the first slide of that page,
// `#slide-last` the last.
(() => {
  if (!window.HTMLDialogElement) return;
  // A prediction is a section: its heading, and everything up to the next heading.
  const section = (heading) => {
    const nodes = [heading];
    let next = heading.nextElementSibling;
    while (next && !next.matches("h1, h2")) {
      nodes.push(next);
      next = next.nextElementSibling;
    }
    return nodes;
  };
  const kinds = 'main figure:is(.figure, .diff), main h2[id*="make-a-prediction"]';
  const slides = [...document.querySelectorAll(kinds)].map((element) => {
    if (element.matches("h2")) return { kind: "prediction", nodes: section(element) };
    return { kind: element.matches(".diff") ? "diff" : "picture", nodes: [element] };
  });
  const page = (rel) => document.querySelector(`nav a[rel~="${rel}"]`)?.href.split("#")[0];
  if (slides.length === 0) {
    // The way from slide to slide skips a page without one.
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
  const gap = document.createComment("slide");
  let shown = -1;

  const chapter = (element) => {
    const before = (heading) =>
      heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
    return [...document.querySelectorAll("main h1")].filter(before).at(-1)?.textContent.trim();
  };
  const address = (hash) => {
    try {
      history.replaceState(null, "", hash || location.pathname + location.search);
    } catch {
      // An address that cannot be changed is no reason to show no slide.
    }
  };
  const putBack = () => {
    if (shown >= 0) gap.replaceWith(...slides[shown].nodes);
  };
  // What is higher than the screen can be reached, and so scrolled, by the keyboard.
  const measure = () => {
    const high = stage.scrollHeight > stage.clientHeight + 1;
    const attributes = { tabindex: "0", role: "group", "aria-labelledby": "slide-title" };
    for (const [name, value] of Object.entries(attributes)) {
      if (high) stage.setAttribute(name, value);
      else stage.removeAttribute(name);
    }
  };
  new ResizeObserver(measure).observe(stage);
  // A portrait picture in full would be too small to read: it is scrolled instead.
  const tall = ({ naturalWidth, naturalHeight }) => naturalHeight > 0.75 * naturalWidth;
  const fit = (index) => {
    const { kind, nodes } = slides[index];
    stage.className = `slide-stage ${kind}`;
    const image = kind === "picture" && nodes[0].querySelector("img");
    const look = () => {
      if (index !== shown) return;
      stage.classList.toggle("tall", tall(image));
      measure();
    };
    if (image) image.decode().then(look, () => {});
    measure();
  };
  const show = (index) => {
    putBack();
    shown = index;
    const { nodes } = slides[index];
    title.textContent = chapter(nodes[0]) ?? document.title;
    where.textContent = `Slide ${index + 1} of ${slides.length} in this chapter`;
    nodes[0].before(gap);
    stage.replaceChildren(...nodes);
    previous.disabled = index === 0 && !page("prev");
    next.disabled = index === slides.length - 1 && !page("next");
    address(`#slide-${index + 1}`);
    if (!dialog.open) dialog.showModal();
    fit(index);
    stage.scrollTop = 0;
    // Whoever listens hears where they are.
    title.focus();
  };
  const go = (step) => {
    const index = shown + step;
    const other = step > 0 ? page("next") : page("prev");
    if (slides[index]) show(index);
    else if (other) location.href = other + (step > 0 ? "#slide" : "#slide-last");
  };

  // Scrolls by a part of the screen. False at the end.
  const scroll = (part) => {
    const before = stage.scrollTop;
    stage.scrollBy({ top: part * stage.clientHeight, behavior: "instant" });
    return stage.scrollTop !== before;
  };

  const buttons = slides.map(({ kind, nodes }, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "enlarge";
    button.textContent = "Full screen";
    const caption = kind === "prediction" ? nodes[0] : nodes[0].querySelector("figcaption");
    const name = caption?.textContent;
    if (name) button.setAttribute("aria-label", `Full screen: ${name}`);
    button.addEventListener("click", () => show(index));
    if (kind === "prediction") {
      nodes.at(-1).after(button);
      nodes.push(button);
    } else nodes[0].append(button);
    return button;
  });
  previous.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  back.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    const closed = shown;
    putBack();
    shown = -1;
    address("");
    buttons[closed]?.scrollIntoView({ block: "center" });
    buttons[closed]?.focus({ preventScroll: true });
  });
  dialog.addEventListener("keydown", (event) => {
    // mdBook's own keys would turn the page underneath.
    event.stopPropagation();
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    const line = { ArrowDown: 0.15, ArrowUp: -0.15 }[event.key];
    if (!step && !line) return;
    event.preventDefault();
    // A presenter has these two keys only, so they scroll to the end before they turn the page.
    const scrolled = scroll(line ?? (event.key.startsWith("Page") ? 0.85 * step : 0));
    if (step && !scrolled) go(step);
  });

  const open = () => {
    const asked = location.hash.match(/^#slide(?:-(\d+|last))?$/);
    if (!asked) return;
    const index = asked[1] === "last" ? slides.length : Number(asked[1] ?? 1);
    show(Math.min(Math.max(index, 1), slides.length) - 1);
  };
  window.addEventListener("hashchange", open);
  open();
})();
