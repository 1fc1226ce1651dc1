// A stand-in of these tests for Zoom's Video SDK UI Toolkit: it notes what it was
// asked, and tries what the real one needs of a page's policy.
(() => {
  const listeners = { joined: new Set(), closed: new Set() };
  const calls = [];
  const emit = (event) => [...listeners[event]].forEach((f) => f());
  window.standIn = { calls, emit, behaviour: window.standInBehaviour ?? '' };
  window.UIToolkit = {
    joinSession(container, config) {
      calls.push(['joinSession', container.id, config, { opener: window.opener === null }]);
      if (standIn.behaviour === 'throws') throw new Error('no');
      if (standIn.behaviour === 'rejects') return Promise.reject(new Error('no'));
      const tile = container.appendChild(document.createElement('p'));
      tile.textContent = `In the call as ${config.userName}`;
      tile.setAttribute('style', 'margin: 40px; color: #161b22; background: #fff'); // the toolkit's styles are inline, too
      return new Promise((resolve) => listeners.joined.add(resolve));
    },
    onSessionJoined: (f) => calls.push(['onSessionJoined']) && listeners.joined.add(f),
    onSessionClosed: (f) => calls.push(['onSessionClosed']) && listeners.closed.add(f),
    destroy() {
      calls.push(['destroy']);
      document.querySelector('#call').replaceChildren();
    },
  };
})();
