// Shows the interactive documentation; a token kept by the queue page is used for trying requests out.
"use strict";

const TOKEN = "jiedao.token";

const ui = SwaggerUIBundle({
  url: "/docs/openapi-3.0.json",
  dom_id: "#swagger",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null,
  onComplete() {
    const token = sessionStorage.getItem(TOKEN);
    if (token) ui.preauthorizeApiKey("token", token);
  },
});
