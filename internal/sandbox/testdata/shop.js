// The page's own script in browser tests: Zoom's documented way of loading and
// calling the SDK, and a record of what it says.
window.said = [];
((document_, nonce, src) => {
  window.ZoomCobrowseSDK = { init: (...args) => { window.ZoomCobrowseSDKInitArgs = args; } };
  const s = document_.createElement('script');
  s.nonce = nonce;
  s.async = false;
  s.src = src;
  const first = document_.getElementsByTagName('script')[0];
  first.parentNode.insertBefore(s, first);
})(document, document.currentScript.nonce, document.currentScript.dataset.sdk);

window.ready = new Promise((resolve) => {
  ZoomCobrowseSDK.init(window.SETTINGS || {}, ({ success, session, error }) => {
    if (!success) { said.push(['init_failed', error]); return; }
    window.zoom = session;
    for (const name of ['pincode_updated', 'session_started', 'session_ended', 'agent_joined', 'agent_left', 'session_error', 'session_reconnecting', 'remote_assist_started', 'remote_assist_stopped'])
      session.on(name, (payload) => said.push([name, payload]));
    if (session.getSessionInfo().sessionStatus === 'session_recoverable') session.join();
    resolve(session);
  });
});
window.help = async (more) => {
  const { token } = await (await fetch('/token' + (more && more.byop ? '?byop=1' : ''), { method: 'POST' })).json();
  (await window.ready).start({ sdkToken: token, ...more }, (result) => said.push(['start', result]));
};
window.heard = (name) => said.filter(([n]) => n === name).length;
window.pin = () => (said.filter(([n]) => n === 'pincode_updated').pop() || [0, {}])[1].pincode;
