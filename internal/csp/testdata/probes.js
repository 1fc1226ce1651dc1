// Runs in every document before the page's own scripts. cspProbe(list) asks the
// browser for each entry {id, kind, url} and resolves, once all have an
// outcome, with {outcomes, loader, widget, sdk}; cspViolations() returns what
// was reported so far. Requests to servers are judged by their arrival there,
// so outcomes matter for inline content only.
(() => {
  const violations = [];
  addEventListener('securitypolicyviolation', (e) => {
    violations.push({disposition: e.disposition, directive: e.effectiveDirective, blocked: e.blockedURI});
  });

  // Settles with the first event of an element: load and its kin, or error.
  const events = (target, ...good) => new Promise((resolve) => {
    for (const name of good) target.addEventListener(name, () => resolve('ok'));
    target.addEventListener('error', () => resolve('error'));
  });
  const element = (name, set, ...good) => {
    const el = document.createElement(name);
    const settled = events(el, ...good);
    set(el);
    document.body.append(el);
    return settled;
  };
  const promise = (p) => p.then(() => 'ok', () => 'error');

  const kinds = {
    script: (url) => element('script', (el) => { el.src = url; }, 'load'),
    connect: (url) => {
      if (url.startsWith('ws')) {
        const socket = new WebSocket(url);
        return events(socket, 'open');
      }
      return promise(fetch(url, {mode: 'no-cors'}));
    },
    img: (url) => element('img', (el) => { el.src = url; }, 'load'),
    style: (url) => element('link', (el) => { el.rel = 'stylesheet'; el.href = url; }, 'load'),
    font: (url) => promise(new FontFace('probe', `url("${url}")`).load()),
    frame: (url) => element('iframe', (el) => { el.src = url; }, 'load'),
    worker: (url) => events(new Worker(url), 'message'),
    media: (url) => element('audio', (el) => { el.preload = 'auto'; el.src = url; }, 'loadedmetadata'),
    // As an image: an object that becomes a frame is subject to frame-src too.
    object: (url) => element('object', (el) => { el.type = 'image/gif'; el.data = url; }, 'load'),
    manifest: (url) => {
      const el = document.createElement('link');
      el.rel = 'manifest';
      el.href = url;
      document.head.append(el);
      return Promise.resolve('ok'); // fetched when the browser is asked for it
    },
  };
  const inline = {
    'inline script': () => window.probeInline === true,
    'inline script with nonce': () => window.probeNonce === true,
    'inline script with hash': () => window.probeHash === true,
    'inline handler': () => { document.getElementById('handler').click(); return window.probeHandler === true; },
    'inline style': () => getComputedStyle(document.getElementById('sheet')).width === '11px',
    'inline style with nonce': () => getComputedStyle(document.getElementById('noncesheet')).width === '12px',
    'inline style attribute': () => getComputedStyle(document.getElementById('attribute')).width === '13px',
    // Called from a timer: a debugger's own evaluation may use eval.
    'eval': () => { try { return (0, eval)('true'); } catch { return false; } },
  };

  const resolveURL = (url) => {
    if (url === 'blob:') return URL.createObjectURL(new Blob(['postMessage(1)'], {type: 'text/javascript'}));
    if (url === 'data:') return 'data:text/javascript,postMessage(1)';
    return url;
  };

  // A source that neither loads nor fails must not stop the others: what it
  // became is told by the server.
  const patience = () => new Promise((resolve) => setTimeout(resolve, 5000, 'nothing'));

  window.cspProbe = async (list) => {
    await new Promise((resolve) => setTimeout(resolve));
    const outcomes = {};
    await Promise.all(list.map(async ({id, kind, url}) => {
      if (kind in inline) {
        outcomes[id] = inline[kind]() ? 'ok' : 'error';
        return;
      }
      try {
        outcomes[id] = await Promise.race([kinds[kind](resolveURL(url)), patience()]);
      } catch (e) {
        outcomes[id] = 'threw';
      }
    }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return {outcomes, loader: !!window.probeLoader, widget: !!window.probeWidget, sdk: !!window.probeSDK};
  };
  window.cspViolations = () => violations;
})();
