// Asks the Zoom client for the app's context, where the client did not send it as
// a header, and exchanges it for a session. A context goes into a body, never into
// a URL.
(() => {
  "use strict";
  const {context, desk} = document.currentScript.dataset;
  const say = (text) => { document.getElementById("status").textContent = text; };

  const outside = "Open this page in the Zoom client: in a browser nothing says who you are.";
  const refused = "You are not on this site's list of agents. Whoever runs it can add you.";
  const elsewhere = "This login was not begun here, or is over. Close the app, open it again and begin anew.";
  const failed = "The desk could not be opened. Close the app and open it again.";

  // ask returns the sealed context, or null outside of the Zoom client, where the
  // SDK is missing or refuses to be configured.
  async function ask() {
    try {
      const sdk = window.zoomSdk;
      await sdk.config({version: "0.16", capabilities: ["getAppContext"]});
      return (await sdk.getAppContext()).context;
    } catch {
      return null;
    }
  }

  async function open() {
    const sealed = await ask();
    if (!sealed) return say(outside);
    const reply = await fetch(context, {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({context: sealed}),
    });
    if (reply.ok) return location.replace(desk);
    say({403: refused, 409: elsewhere}[reply.status] || failed);
  }

  open().catch(() => say(failed));
})();
