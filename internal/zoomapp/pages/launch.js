// Asks the Zoom client for the app's context, where the client did not send it as
// a header, and exchanges it for a session. Where agents sign in with a third party
// as well, it opens that party's page in the system's browser. A context goes into a
// body, never into a URL. ECMAScript 2018: the client's browsers are not all new.
(() => {
  "use strict";
  const {base, desk, party, state} = document.currentScript.dataset;
  const login = document.getElementById("login");
  const begin = document.getElementById("begin");
  const say = (text) => { document.getElementById("status").textContent = text; };

  const outside = "Open this page in the Zoom client: in a browser nothing says who you are.";
  const refused = "You are not on this site's list of agents. Whoever runs it can add you.";
  const failed = "The desk could not be opened. Close the app and open it again.";
  const again = "You are not signed in yet. The sign-in with which you came was not begun here, or is over.";
  const waiting = `Go on in your browser. When you have signed in with ${party}, the desk opens here.`;
  const connect = "First connect the app with your Zoom account, in your browser. Then come back, and sign in.";
  const unable = "Signing in does not work at the moment. Try again in a minute.";

  // A client that is not Zoom's has no SDK, or one that refuses to be configured.
  let configured;
  function sdk() {
    // What is not switched on in Zoom's Marketplace must not be asked for.
    const capabilities = party ? ["getAppContext", "openUrl"] : ["getAppContext"];
    if (!configured) configured = (async () => window.zoomSdk.config({version: "0.16", capabilities}))();
    return configured.then(() => window.zoomSdk);
  }

  // ask returns the sealed context, or null outside of the Zoom client.
  async function ask() {
    try {
      return (await (await sdk()).getAppContext()).context;
    } catch (e) {
      return null;
    }
  }

  const post = (path, body) => fetch(base + path, {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify(body),
  });

  // open goes to the desk, where it is open to this person, and else says what to do.
  async function open() {
    const sealed = await ask();
    if (!sealed) return say(outside);
    const reply = await post("/context", {context: sealed});
    if (reply.status === 204) return location.replace(desk);
    if (!reply.ok) return say(reply.status === 403 ? refused : failed);
    offer((await reply.json()).login);
  }

  function offer(how) {
    if (how === "again") say(again);
    else if (how === "begin" && login.hidden) say("");
    login.hidden = false;
  }

  async function signIn() {
    begin.disabled = true;
    try {
      const reply = await post("/login", {});
      if (reply.status === 403) return open(); // the session is over: ask for another
      if (!reply.ok) return say(unable);
      const {url, install} = await reply.json();
      await (await sdk()).openUrl({url});
      say(install ? connect : waiting);
    } catch (e) {
      say(unable);
    } finally {
      begin.disabled = false;
    }
  }

  // The deep link may find this page open: who comes back to it may be signed in.
  let asking;
  function back() {
    if (asking || document.visibilityState === "hidden" || login.hidden) return;
    asking = open().catch(() => {}).finally(() => { asking = undefined; });
  }

  if (login) {
    begin.addEventListener("click", signIn);
    window.addEventListener("focus", back);
    document.addEventListener("visibilitychange", back);
  }
  if (state === "ask") open().catch(() => say(failed));
  else offer(state);
})();
