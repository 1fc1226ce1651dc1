// One customer's session, from the click to the end: what happens at Zoom's,
// turned into the few states that the panel shows, and reported to the proxy.

import { Failure, codeOf, fromNetwork, fromZoom } from './failure';
import type { Handoff } from './handoff';
import { create, makeReporter, type ReportEvent, type Reporter, type SessionRecord, type VideoPart } from './proxy';
import type { WidgetSettings } from './settings';
import { Text } from './texts';
import { load, pinOf, problemIn, recoverable, type ZoomSession } from './zoom';

/** The titles among the texts are in this order too. */
export const enum Phase {
  idle,
  /** The click was made; no PIN yet. */
  starting,
  /** The session is there, and nobody has used its PIN yet. */
  waiting,
  /** The page is being seen, as far as we know. */
  live,
  reconnecting,
  ended,
  failed,
}

export interface State {
  phase: Phase;
  pin: string;
  /** Who has come or gone last, as far as Zoom told. */
  agent?: Text | undefined;
  failure?: Failure | undefined;
  /** Where an agent has offered video: opens the room of the call, which then asks for its part. */
  video?: (() => void) | undefined;
  /** Whether a session goes on, or may go on behind a failure. */
  sharing: boolean;
}

export interface Session {
  state: State;
  /** What a page does when it is loaded. */
  begin(): void;
  /** The click: makes a record, and starts a session with its token. */
  start(): void;
  /** Tries again what has failed. */
  retry(): void;
  /** Ends the session, or the attempt to start one. */
  end(): void;
  /** Back to the beginning, when the customer has read how it ended. */
  dismiss(): void;
}

/** How often, in seconds, a session shows that it lives where the proxy has not said; Zoom forgets after 2 minutes. */
const HEARTBEAT = 20;
/** How long start and join may take. */
const PATIENCE = 45_000;

export function makeSession(handoff: Handoff, settings: WidgetSettings, onchange: (news: unknown) => void): Session {
  const state: State = { phase: Phase.idle, pin: '', sharing: false };
  let opening: Promise<ZoomSession> | undefined;
  /** Zoom's session once start or join was called: it is there to be ended. */
  let zoom: ZoomSession | undefined;
  /** Counts attempts, so that a cancelled one changes nothing any more. */
  let attempt = 0;
  let deadline = 0;
  let heart = 0;
  /** Speaks to the proxy for the session, if that knows of it. */
  let reporter: Reporter | undefined;

  const pending = (): boolean => state.phase === Phase.starting || state.phase === Phase.reconnecting;

  /** News is what the customer should see even where the panel is closed. */
  function set(change: Partial<State>, news?: unknown): void {
    Object.assign(state, change);
    if (!pending()) clearTimeout(deadline);
    clearInterval(heart);
    mark();
    if (state.sharing) {
      heart = setInterval(
        () => {
          mark();
          report('heartbeat');
        },
        (reporter?.record.heartbeat || HEARTBEAT) * 1000,
      );
    }
    onchange(news);
  }

  /** Only what a next page may resume. Merely trying to resume is no such thing. */
  function mark(): void {
    if (state.phase === Phase.waiting || state.phase === Phase.live) handoff.remember?.(reporter?.record ?? {});
  }

  function report(event: ReportEvent, pin?: string, code?: string): void {
    reporter?.report(event, pin, code);
    if (event === 'session_ended') reporter = undefined;
  }

  function fail(e: unknown): void {
    const failure = fromZoom(e);
    report('session_error', undefined, failure.code);
    if (!state.sharing) report('session_ended');
    set({ phase: Phase.failed, failure });
  }

  /** The session goes on. */
  function go(phase: Phase, more?: Partial<State>, event?: ReportEvent): void {
    if (event) report(event, more?.pin);
    set({ phase, sharing: true, ...more });
  }

  /** There is none. */
  const rest = (phase: Phase): void => set({ phase, pin: '', agent: undefined, video: undefined, sharing: false });

  function over(): void {
    report('session_ended');
    handoff.remember?.();
    rest(Phase.ended);
  }

  function end(): void {
    attempt++;
    over();
    endZoom();
  }

  function reporterFor(record: SessionRecord): Reporter {
    /** Lets the customer into the call. It is stored nowhere, and goes to the room alone. */
    let part: VideoPart | undefined;
    let room: (() => void) | undefined;
    const over = (failure?: Failure): void => {
      if (made !== reporter) return;
      end();
      if (failure) fail(failure);
    };
    const made = makeReporter(handoff.base, record, over, (offered) => {
      part = offered;
      if (part) room ??= handoff.room?.(record.id, () => made === reporter && part);
      const video = part && room;
      if (made === reporter) set({ video }, video && !record.video);
      record.video = !!part;
    });
    return made;
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

  /** Start or join is about to be called. */
  function expectNews(session: ZoomSession): void {
    zoom = session;
    clearTimeout(deadline);
    deadline = setTimeout(() => {
      attempt++;
      // A start that comes too late must not share a page that says it failed.
      if (!state.sharing) endZoom();
      fail(fromNetwork(Text.blocked));
    }, PATIENCE);
  }

  function start(): void {
    rest(Phase.starting);
    void tryTo(async (current) => {
      const created = create(handoff.base).then(([record, sdkToken]) => {
        const made = reporterFor(record);
        if (current() && state.phase === Phase.starting) reporter = made;
        else made.report('session_ended');
        return { sdkToken, customPinCode: record.pin };
      });
      const [session, options] = await Promise.all([initialised(), created]);
      if (!current()) return;
      expectNews(session);
      await session.start(options, (result) => {
        const problem = problemIn(result);
        if (current() && problem) fail(problem);
      });
    });
  }

  /** Joins the session of an earlier page; where Zoom has none, shows instead. */
  function resume(instead: Phase.idle | Phase.ended): void {
    go(Phase.reconnecting);
    report('heartbeat');
    void tryTo(async (current) => {
      const session = await initialised();
      const lives = await recoverable(session);
      if (!current()) {
        // Ended meanwhile, here or by a supervisor: Zoom does not know yet.
        if (lives && !state.sharing) session.end();
      } else if (lives) {
        expectNews(session);
        await session.join();
      } else {
        // With several tabs the mark may be another tab's.
        if (!settings.multiTab) handoff.remember?.();
        reporter = undefined;
        rest(instead);
      }
    });
  }

  function initialised(): Promise<ZoomSession> {
    opening ??= load(handoff, settings).then(
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
    const on = <E extends string>(event: E, act: (payload: unknown, event: E) => void): void =>
      session.on(event, (payload) => {
        if (state.sharing || state.phase === Phase.starting) act(payload, event);
      });
    on('pincode_updated', (payload, event) => {
      const pin = pinOf(payload);
      if (pin) go(state.phase === Phase.live ? Phase.live : Phase.waiting, { pin }, event);
    });
    // Zoom does not say whether this means "there is a PIN" or "somebody came":
    // a resumed session is live, a new one waits for its PIN or for its agent.
    on('session_started', (_, event) => go(state.phase === Phase.reconnecting ? Phase.live : Phase.waiting, {}, event));
    on('agent_joined', (_, event) => go(Phase.live, { agent: Text.joined }, event));
    on('agent_left', (_, event) => go(Phase.live, { agent: Text.left }, event));
    on('session_reconnecting', () => state.sharing && go(Phase.reconnecting));
    on('session_ended', over);
    on('session_error', (e) => {
      // 1002 means that a connection is being made already, which is what we want.
      if (!state.sharing || codeOf(e) !== '1002') fail(e);
    });
  }

  /** A policy may let the SDK in but not its connections. */
  function violated(e: SecurityPolicyViolationEvent): void {
    const ours = e.disposition === 'enforce' && /^(script|connect)/.test(e.effectiveDirective);
    if (ours && pending() && domainOf(e.blockedURI) === domainOf(String(handoff.sdk))) {
      attempt++;
      fail(new Failure(Text.blocked));
    }
  }

  addEventListener('pagehide', mark);
  // A page that comes back out of the browser's cache has lost its connection.
  addEventListener('pageshow', (e) => e.persisted && state.sharing && resume(Phase.ended));
  document.addEventListener('securitypolicyviolation', violated);

  return {
    state,
    begin() {
      const { mark } = handoff;
      if (mark) {
        if (mark.id) reporter = reporterFor(mark as SessionRecord & typeof mark);
        resume(Phase.idle);
      } else if (settings.eager) {
        initialised()
          .then(recoverable)
          .then((lives) => lives && state.phase === Phase.idle && resume(Phase.idle))
          .catch(() => {}); // nobody has asked for help yet; the click will tell
      }
    },
    start,
    retry: () => (state.sharing ? resume(Phase.ended) : start()),
    end,
    dismiss() {
      if (!state.sharing && state.phase !== Phase.starting) rest(Phase.idle);
    },
  };
}

/** The last two labels of a URL's host name: zoom.us. */
const domainOf = (url: string): string | undefined => url.split('/')[2]?.split('.').slice(-2).join('.');
