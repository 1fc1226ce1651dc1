// A stand-in for Zoom's Cobrowse SDK, for tests: the interface as documented,
// nothing behind it. Written from Zoom's documentation, not from its code.
(() => {
  const set = STAND_IN_SETTINGS;
  const host = new URL(document.currentScript.src).origin;
  const KEY = 'zoom-stand-in', RECOVERABLE = 120000;
  const listeners = new Map();

  const load = () => {
    try {
      const s = JSON.parse(sessionStorage.getItem(KEY));
      return s && Date.now() - s.at < RECOVERABLE ? s : null;
    } catch {
      return null;
    }
  };
  const save = (s) => {
    try {
      if (s) sessionStorage.setItem(KEY, JSON.stringify({...s, at: Date.now()}));
      else sessionStorage.removeItem(KEY);
    } catch {}
  };
  let state = load();
  let status = state ? 'session_recoverable' : 'idle';

  // Every call is told to the stand-in's host, which decides what comes of it.
  const call = (method, args) =>
    fetch(host + '/standin/call', {
      method: 'POST', keepalive: true,
      body: JSON.stringify({method, page: location.href, args: args === undefined ? null : args}),
    }).then((r) => r.json());

  const emit = (event, payload) => (listeners.get(event) || []).forEach((fn) => fn(payload));

  const session = {
    on(event, fn) {
      listeners.set(event, [...(listeners.get(event) || []), fn]);
    },
    start(options, cb) {
      call('start', options).then((a) => {
        if (a.code) {
          if (a.event) emit('session_error', {code: a.code});
          else if (cb) cb({success: false, error: {code: a.code}});
          return;
        }
        if (cb) cb({success: true});
        if (!a.pin) return;
        state = {pin: a.pin, field: a.field};
        status = 'session_started';
        save(state);
        emit('pincode_updated', {[a.field]: a.pin});
        emit('session_started', {});
      });
    },
    join() {
      call('join');
      if (status !== 'session_recoverable') {
        emit('session_error', {code: 1011});
        return;
      }
      // The real SDK says so while it reconnects; callers must not mind.
      emit('session_error', {code: 1002});
      status = 'session_started';
      save(state);
      emit('session_started', {});
      if (state.joined) emit('agent_joined', {});
    },
    end() {
      call('end');
      state = null;
      status = 'session_ended';
      save(null);
      emit('session_ended', {});
    },
    getSessionInfo() {
      call('getSessionInfo');
      return {sessionStatus: status};
    },
  };

  const need = (name, test) =>
    new Promise((resolve, reject) => test(resolve, reject)).then(
      () => call('need', {name, ok: true}),
      () => call('need', {name, ok: false}),
    );
  const element = (name, attributes) => (resolve, reject) => {
    const el = Object.assign(document.createElement(name), attributes);
    el.onload = resolve;
    el.onerror = reject;
    document.documentElement.append(el);
  };
  // Where no event of the element tells, a violation does.
  const unlessViolated = (directive, act) => (resolve, reject) => {
    addEventListener('securitypolicyviolation', (e) => {
      if (e.disposition === 'enforce' && e.effectiveDirective.startsWith(directive)) reject();
    });
    act();
    setTimeout(resolve, 300);
  };
  const exercise = () => {
    need('connect', (ok, no) => fetch(host + '/standin/ok').then(ok, no));
    need('websocket', (ok, no) => {
      try {
        const s = new WebSocket(host.replace('https', 'wss') + '/standin/socket');
        s.onopen = ok;
        s.onerror = no;
      } catch (e) {
        no(e);
      }
    });
    need('image', (ok, no) => Object.assign(new Image(), {onload: ok, onerror: no, src: host + '/standin/image.svg'}));
    need('font', unlessViolated('font-src', () => {
      new FontFace('zoom-stand-in', `url("${host}/standin/ok")`).load().catch(() => {});
    }));
    need('style', element('link', {rel: 'stylesheet', href: host + '/standin/style.css'}));
    need('frame', unlessViolated('frame-src', () => {
      const f = document.createElement('iframe');
      f.hidden = true;
      f.src = host + '/standin/frame.html';
      document.documentElement.append(f);
    }));
    if (set.inline) {
      need('inline-style', (ok, no) => {
        const s = document.createElement('style');
        s.textContent = '.zoom-stand-in-inline{color:inherit}';
        document.head.append(s);
        (s.sheet && s.sheet.cssRules.length ? ok : no)();
      });
    }
    if (set.worker) {
      need('blob-worker', (ok, no) => {
        const w = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'], {type: 'text/javascript'})));
        w.onmessage = ok;
        w.onerror = no;
      });
    }
  };

  const init = (settings, cb) => {
    if (set.needs) exercise();
    call('init', settings).then((a) => {
      if (a.code) cb({success: false, error: {code: a.code}});
      else cb({success: true, session});
    });
  };

  window.ZoomCobrowseSDK = {
    init,
    standIn: {
      emit(event, payload) {
        if (event === 'agent_joined' && state) {
          state.joined = true;
          save(state);
        }
        if (event === 'session_ended') save(null);
        emit(event, payload);
      },
    },
  };
  call('loaded');
  if (window.ZoomCobrowseSDKInitArgs) init(...window.ZoomCobrowseSDKInitArgs);
})();
