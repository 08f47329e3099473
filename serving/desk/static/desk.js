// Keys for those who close many cases. Every one of them presses something that the page shows, so
// that everything works without this file.
"use strict";

(() => {
  const element = (id) => document.getElementById(id);
  const press = (id) => element(id) && element(id).click();

  const first = (verdict) => {
    const group = element(`${verdict}-reasons`);
    if (!group) return;
    const chosen = group.querySelector("input:checked") || group.querySelector("input");
    chosen.focus();
    group.scrollIntoView({ block: "nearest" });
  };

  const keys = {
    n: () => press("next-button"),
    s: () => press("skip-button"),
    f: () => first("fraud"),
    g: () => first("genuine"),
    "/": () => element("q") && element("q").focus(),
  };

  const isTyping = (target) =>
    target.matches("textarea, select, [contenteditable]") ||
    (target.matches("input") && !["radio", "checkbox"].includes(target.type));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    // Enter on a reason presses the button of its verdict, not the first one of the form.
    if (event.key === "Enter" && event.target.name === "reason") {
      event.preventDefault();
      event.target.checked = true;
      event.target.closest("fieldset").querySelector("button").click();
      return;
    }
    if (isTyping(event.target) || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  // A form is sent once; the server would not mind a second time.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  // The queue as it is now, while nobody uses it.
  if (location.pathname === "/queue") {
    setTimeout(() => {
      if (document.visibilityState === "visible" && !document.querySelector("input:focus")) location.reload();
    }, 30000);
  }
})();
