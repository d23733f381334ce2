// Everything works without this file; it only makes things quicker.
import { initAll } from "./govuk-frontend/govuk-frontend.min.js";

initAll();

// A filter form that says so sends itself when a choice changes; its button stays for everybody else.
for (const form of document.querySelectorAll("form[data-engage-submit-on-change]")) {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement || event.target.type === "radio" || event.target.type === "checkbox") {
      form.requestSubmit();
    }
  });
}
