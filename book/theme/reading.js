// What mdBook's pages lack for whoever has no mouse, copies a command, or prints.
(() => {
  const all = (selector) => document.querySelectorAll(selector);

  // The first thing that the keyboard reaches, before all chapters of the sidebar.
  const skip = document.querySelector(".skip");
  if (skip) document.body.prepend(skip);
  document.getElementById("mdbook-content")?.setAttribute("tabindex", "-1");

  // The bar on top is a landmark like the rest of the page.
  document.getElementById("mdbook-menu-bar")?.setAttribute("role", "banner");

  const search = document.getElementById("mdbook-searchbar");
  search?.setAttribute("aria-label", "Search this book");
  search?.setAttribute("aria-describedby", "mdbook-searchresults-header");

  // mdBook's switch for the sidebar is a label, which no keyboard reaches.
  const toggle = document.getElementById("mdbook-sidebar-toggle");
  toggle?.setAttribute("role", "button");
  toggle?.setAttribute("tabindex", "0");
  toggle?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    toggle.click();
  });

  // The prompt is drawn and not written, so that it is not copied along with the command.
  for (const code of all("main :is(code.language-console, code.language-powershell)")) {
    const lines = code.textContent.replace(/\n$/, "").split("\n");
    const shown = lines.map((line) => {
      const prompt = line.match(/^(\$|PS>) /);
      if (!prompt) return line;
      const command = document.createElement("span");
      command.className = "command";
      command.textContent = line.slice(prompt[0].length);
      return command;
    });
    code.replaceChildren(...shown.flatMap((line) => [line, "\n"]));
  }

  // A command that differs between shells has two forms. The choice holds for all pages.
  const shells = { sh: "sh, bash, zsh", powershell: "PowerShell" };
  const choose = (shell) => {
    document.documentElement.dataset.shell = shell;
    for (const button of all(".shells button")) {
      button.setAttribute("aria-pressed", String(button.value === shell));
    }
  };
  for (const code of all("main pre > code.language-powershell")) {
    const group = document.createElement("div");
    group.className = "shells";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Shell");
    for (const [shell, name] of Object.entries(shells)) {
      const button = document.createElement("button");
      button.type = "button";
      button.value = shell;
      button.textContent = name;
      button.addEventListener("click", () => {
        choose(shell);
        try {
          localStorage.setItem("workshop-shell", shell);
        } catch {
          // Without a storage, the choice holds for this page.
        }
      });
      group.append(button);
    }
    code.parentElement.previousElementSibling.before(group);
  }
  let shell = null;
  try {
    shell = localStorage.getItem("workshop-shell");
  } catch {
    // As if nothing was chosen yet.
  }
  choose(shell in shells ? shell : navigator.platform.startsWith("Win") ? "powershell" : "sh");

  // What is scrolled sideways can be reached, and so scrolled, by the keyboard.
  const measure = (element) => {
    const wide = element.scrollWidth > element.clientWidth + 1;
    if (wide === element.hasAttribute("tabindex")) return;
    if (!wide) {
      for (const name of ["tabindex", "role", "aria-label"]) element.removeAttribute(name);
      return;
    }
    element.setAttribute("tabindex", "0");
    if (element.matches("figure")) return;
    const caption = element.closest("figure")?.querySelector("figcaption")?.textContent;
    const kind = element.matches("code") ? "Code" : "Table";
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", caption ? `${kind}: ${caption}` : kind);
  };
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => measure(target)));
  for (const element of all("main pre > code, main .table-wrapper, main figure.figure")) {
    measure(element);
    sizes.observe(element);
  }

  // A box of a checklist is named by what stands beside it. One can be ticked, until the page closes.
  for (const box of all('main li > input[type="checkbox"], main li > p > input[type="checkbox"]')) {
    box.disabled = false;
    box.setAttribute("aria-label", box.closest("li").textContent.trim());
  }

  // A link that is its own text need not be printed twice.
  for (const link of all("main a[href]")) {
    const text = link.textContent.trim();
    const same = [text, `${text}/`].some((it) => link.href === it || link.href === `https://${it}`);
    link.classList.toggle("bare", same);
  }

  // Paper cannot be unfolded.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...all("main details:not([open])")];
    for (const details of folded) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
})();
