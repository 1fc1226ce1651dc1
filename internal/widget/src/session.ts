// One customer's session, from the click to the end: what happens at Zoom's,
// turned into the few states that the panel shows.

import { Failure, codeOf, fromNetwork, fromZoom } from './failure';
import type { Handoff } from './handoff';
import { beat, forget, mayResume } from './live';
import type { WidgetSettings } from './settings';
import { fetchToken } from './token';
import { open, pinOf, recoverable, type ZoomSession } from './zoom';

export type Phase =
  | 'idle'
  /** The click was made; no PIN yet. */
  | 'starting'
  /** The session is there, and nobody has used its PIN yet. */
  | 'waiting'
  /** The page is being seen, as far as we know. */
  | 'live'
  | 'reconnecting'
  | 'ended'
  | 'failed';

export interface State {
  phase: Phase;
  pin: string;
  /** Who has come or gone last, as far as Zoom told. */
  agent?: 'joined' | 'left' | undefined;
  failure?: Failure | undefined;
  /** Whether a session goes on, or may go on behind a failure. */
  sharing: boolean;
}

export interface Session {
  state: State;
  /** What a page does when it is loaded. */
  begin(): void;
  /** The click: fetches a token and starts a session. */
  start(): void;
  /** Tries again what has failed. */
  retry(): void;
  /** Ends the session, or the attempt to start one. */
  end(): void;
  /** Back to the beginning, when the customer has read how it ended. */
  dismiss(): void;
}

/** How often the mark of a live session is renewed; Zoom forgets after 2 minutes. */
const HEARTBEAT = 20_000;
/** How long start and join may take. */
const PATIENCE = 45_000;

export function makeSession(handoff: Handoff, settings: WidgetSettings, onchange: () => void): Session {
  const { multiTab } = settings;
  let state: State = { phase: 'idle', pin: '', sharing: false };
  let opening: Promise<ZoomSession> | undefined;
  /** Zoom's session once start or join was called: it is there to be ended. */
  let zoom: ZoomSession | undefined;
  /** Counts attempts, so that a cancelled one changes nothing any more. */
  let attempt = 0;
  let deadline = 0;
  let heart = 0;

  /** Phases that a next page may resume. Merely trying to resume is none of them. */
  const resumable = (): boolean => state.phase === 'waiting' || state.phase === 'live';
  const pending = (): boolean => state.phase === 'starting' || state.phase === 'reconnecting';

  function set(change: Partial<State>): void {
    state = { ...state, ...change };
    if (!pending()) clearTimeout(deadline);
    clearInterval(heart);
    if (resumable()) {
      beat(multiTab);
      heart = setInterval(beat, HEARTBEAT, multiTab);
    }
    onchange();
  }

  const fail = (e: unknown): void => set({ phase: 'failed', failure: fromZoom(e) });

  /** Zoom said something that means: the session goes on. */
  function go(phase: Phase, more: Partial<State> = {}): void {
    if (state.sharing || state.phase === 'starting') set({ phase, failure: undefined, sharing: true, ...more });
  }

  function over(): void {
    forget(multiTab);
    set({ phase: 'ended', pin: '', agent: undefined, failure: undefined, sharing: false });
  }

  function endZoom(): void {
    try {
      zoom?.end();
    } catch {
      // It was over already.
    }
    zoom = undefined;
  }

  /** Runs start or join: what it throws, and a silence after it, fail the attempt. */
  async function tryTo(act: (current: () => boolean) => Promise<void>): Promise<void> {
    const mine = ++attempt;
    const current = (): boolean => mine === attempt;
    try {
      await act(current);
    } catch (e) {
      if (current()) fail(e);
    }
  }

  function expectNews(): void {
    clearTimeout(deadline);
    deadline = setTimeout(() => {
      attempt++;
      // A start that comes too late must not share a page that says it failed.
      if (!state.sharing) endZoom();
      fail(fromNetwork('blocked'));
    }, PATIENCE);
  }

  function start(): void {
    set({ phase: 'starting', pin: '', agent: undefined, failure: undefined, sharing: false });
    void tryTo(async (current) => {
      const [session, sdkToken] = await Promise.all([initialised(), fetchToken(handoff.base)]);
      if (!current()) return;
      zoom = session;
      expectNews();
      await session.start({ sdkToken }, (result) => {
        const { success, error } = Object(result) as Record<string, unknown>;
        if (current() && (success === false || error)) fail(error ?? result);
      });
    });
  }

  /** Joins the session of an earlier page; where Zoom has none, shows instead. */
  function resume(instead: 'idle' | 'ended'): void {
    set({ phase: 'reconnecting', failure: undefined, sharing: true });
    void tryTo(async (current) => {
      const session = await initialised();
      const lives = await recoverable(session);
      if (!current()) return;
      if (lives) {
        zoom = session;
        expectNews();
        await session.join();
      } else {
        // With several tabs the mark may be another tab's.
        if (!multiTab) forget(false);
        set({ phase: instead, sharing: false });
      }
    });
  }

  function initialised(): Promise<ZoomSession> {
    opening ??= open(handoff, settings).then(
      (session) => {
        listen(session);
        return session;
      },
      (e: unknown) => {
        opening = undefined; // the next click tries again
        throw e;
      },
    );
    return opening;
  }

  function listen(session: ZoomSession): void {
    const on = session.on.bind(session);
    on('pincode_updated', (p) => {
      const pin = pinOf(p);
      if (pin) go(state.phase === 'live' ? 'live' : 'waiting', { pin });
    });
    // Zoom does not say whether this means "there is a PIN" or "somebody came":
    // a resumed session is live, a new one waits for its PIN or for its agent.
    on('session_started', () => go(state.phase === 'reconnecting' ? 'live' : 'waiting'));
    on('agent_joined', () => go('live', { agent: 'joined' }));
    on('agent_left', () => go('live', { agent: 'left' }));
    on('session_reconnecting', () => state.sharing && go('reconnecting'));
    on('session_ended', () => (state.sharing || state.phase === 'starting') && over());
    on('session_error', (e) => {
      // 1002 means that a connection is being made already, which is what we want.
      if (state.sharing ? codeOf(e) !== '1002' : state.phase === 'starting') fail(e);
    });
  }

  /** A policy may let the SDK in but not its connections. */
  function violated(e: SecurityPolicyViolationEvent): void {
    const ours = e.disposition === 'enforce' && /^(script|connect)-src/.test(e.effectiveDirective);
    if (ours && pending() && domainOf(e.blockedURI) === domainOf(String(handoff.sdk))) {
      attempt++;
      fail(new Failure('blocked'));
    }
  }

  addEventListener('pagehide', () => resumable() && beat(multiTab));
  // A page that comes back out of the browser's cache has lost its connection.
  addEventListener('pageshow', (e) => e.persisted && state.sharing && resume('ended'));
  document.addEventListener('securitypolicyviolation', violated);

  return {
    get state() {
      return state;
    },
    begin() {
      if (mayResume(multiTab)) resume('idle');
      else if (settings.eager) {
        initialised()
          .then(recoverable)
          .then((lives) => lives && state.phase === 'idle' && resume('idle'))
          .catch(() => {}); // nobody has asked for help yet; the click will tell
      }
    },
    start,
    retry: () => (state.sharing ? resume('ended') : start()),
    end() {
      attempt++;
      over();
      endZoom();
    },
    dismiss() {
      if (!state.sharing && (state.phase === 'ended' || state.phase === 'failed')) set({ phase: 'idle', failure: undefined });
    },
  };
}

/** The last two labels of a URL's host name: zoom.us. */
function domainOf(url: string): string {
  try {
    return new URL(url).hostname.split('.').slice(-2).join('.');
  } catch {
    return '';
  }
}
