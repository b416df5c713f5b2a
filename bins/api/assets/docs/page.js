// Fetches the document, asks for the token if the service wants one, and shows the page.
"use strict";

const form = document.getElementById("token");

async function show(token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch("openapi.json", { headers });
  if (answer.status === 401) {
    form.hidden = false;
    form.querySelector("[role=alert]").textContent = token ? (await answer.json()).detail : "";
    return;
  }
  form.hidden = true;
  const ui = SwaggerUIBundle({
    spec: await answer.json(),
    dom_id: "#ui",
    presets: [SwaggerUIBundle.presets.apis],
    validatorUrl: null,
    onComplete: () => token && ui.preauthorizeApiKey("bearer", token),
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(form.querySelector("input").value);
});

show();
