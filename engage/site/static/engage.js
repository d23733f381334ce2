// Everything works without this file; it only makes things quicker.
import { initAll } from "./govuk-frontend/govuk-frontend.min.js";

initAll();

// A radio button may not say that it is expanded: the role has no such state. What it shows follows it in the page.
const plain = (radio) => radio.removeAttribute("aria-expanded");
const said = new MutationObserver((changes) => changes.forEach(({ target }) => plain(target)));
for (const radio of document.querySelectorAll("input[type=radio][aria-controls]")) {
  plain(radio);
  said.observe(radio, { attributeFilter: ["aria-expanded"] });
}

// A filter form that says so sends itself when a choice changes; its button stays for everybody else.
for (const form of document.querySelectorAll("form[data-engage-submit-on-change]")) {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement || event.target.type === "radio" || event.target.type === "checkbox") {
      form.requestSubmit();
    }
  });
}
