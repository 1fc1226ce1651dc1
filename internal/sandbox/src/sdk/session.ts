// The session object that ZoomCobrowseSDK.init hands out: Zoom's documented
// calls and events, over one connection.

import { Link, socketURL } from '../shared/link';
import { Code, endWords, type AgentEntry, type Frame, type SessionSettings, type Stroke } from '../shared/protocol';
import { pageAddress } from './attributes';
import { Mask } from './mask';
import { Recorder } from './recorder';
import type { Settings } from './settings';
import { browserID, forget, load, randomID, save, type Saved } from './store';
import { UI } from './ui';

export interface SDKError {
  code: number;
  errorMsg: string;
}
type Done = (result: { success: boolean; error?: SDKError }) => void;
type Listener = (payload?: unknown) => void;
type Status = 'idle' | 'recoverable' | 'connecting' | 'started' | 'reconnecting' | 'ending' | 'ended';

/** How often the mark of a live session is renewed. */
const HEARTBEAT = 10_000;
/** How often a join is tried while the page before is still being let go. */
const HANDOVERS = 5;

export class Session {
  private status: Status;
  private saved: Saved | undefined;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly agents = new Map<string, string>();
  private readonly recorder: Recorder;
  private ui: UI | undefined;
  private link: Link | undefined;
  private done: Done | undefined;
  private heart = 0;
  private handovers = 0;
  private active = true;
  private assisted = false;
  /** Tells the service that a connection which looks alive was this page's. */
  private readonly tab = randomID();

  constructor(
    private readonly base: string,
    private readonly settings: Settings,
    private readonly pinField: string,
  ) {
    this.saved = load(settings.multiTab);
    this.status = this.saved ? 'recoverable' : 'idle';
    this.recorder = new Recorder(new Mask(settings.mask), {
      send: (events) => this.link?.sendEvents(events),
      tooLarge: () => this.ui?.toast('This page is too large to be shared.'),
    });
    // The browser would do it itself, but later than the next page begins.
    addEventListener('pagehide', () => {
      this.mark();
      if (this.link) this.link.again(0);
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && !this.active) this.link?.send({ t: 'focus' });
    });
  }

  /** What callers get: plain functions, so that they may be passed around. */
  face(): Record<string, unknown> {
    return {
      start: (options: unknown, done?: Done) => this.start(options, done),
      join: (done?: Done) => this.join(done),
      end: () => this.end(),
      on: (event: string, f: Listener) => this.on(event, f),
      off: (event: string, f: Listener) => this.listeners.get(event)?.delete(f),
      getSessionInfo: () => ({ sessionStatus: 'session_' + this.status, sessionId: this.saved?.id ?? '' }),
    };
  }

  private on(event: string, f: Listener): void {
    const set = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, set.add(f));
  }

  private emit(event: string, payload: unknown = {}): void {
    for (const f of this.listeners.get(event) ?? []) {
      try {
        f(payload);
      } catch (e) {
        console.error('cobrowse sandbox: a listener of', event, 'failed', e);
      }
    }
  }

  private start(options: unknown, done?: Done): void {
    const { sdkToken, customPinCode } = Object(options) as Record<string, unknown>;
    const busy = this.busy();
    if (busy) return this.fail(busy, done);
    if (typeof sdkToken !== 'string' || !sdkToken) return this.fail({ code: Code.tokenInvalid, errorMsg: 'sdkToken is missing' }, done);
    const pin = customPinCode === undefined ? {} : { pin: String(customPinCode).slice(0, 60) };
    this.saved = undefined;
    this.connect(done, () => ({ t: 'start', token: sdkToken, browser: browserID(), tab: this.tab, page: pageAddress(), settings: this.shared(), ...pin }));
  }

  private join(done?: Done): void {
    const busy = this.busy();
    if (busy) return this.fail(busy, done);
    if (!this.saved) return this.fail({ code: Code.joinFailed, errorMsg: 'there is no session to join' }, done);
    this.connect(done, () => this.resume());
  }

  /** Why start and join cannot be called now. */
  private busy(): SDKError | undefined {
    switch (this.status) {
      case 'connecting':
      case 'reconnecting':
        return { code: Code.connecting, errorMsg: 'connecting already' };
      case 'started':
        return { code: Code.sessionCount, errorMsg: 'this page is in a session already' };
      case 'ending':
        return { code: Code.canceling, errorMsg: 'the session is being ended' };
      default:
        return undefined;
    }
  }

  private shared(): SessionSettings {
    const { agentDraw, customerDraw, assist, consent, multiTab } = this.settings;
    return { agentDraw, customerDraw, assist, consent, multiTab };
  }

  private resume(): Frame {
    return { t: 'resume', id: this.saved?.id, secret: this.saved?.secret, tab: this.tab, page: pageAddress(), settings: this.shared() };
  }

  private connect(done: Done | undefined, first: () => Frame): void {
    this.status = 'connecting';
    this.done = done;
    this.handovers = 0;
    let hello = first;
    this.link = new Link(socketURL(this.base), {
      hello: () => hello(),
      frame: (f) => {
        if (f.t === 'started') hello = () => this.resume();
        this.receive(f);
      },
      down: () => {
        this.status = 'reconnecting';
        this.recorder.stop();
        this.ui?.showBar('Reconnecting\u2026', false);
        this.emit('session_reconnecting');
      },
      lost: () => this.giveUp(),
    });
  }

  /** The connection could not be made, or not again in time. */
  private giveUp(): void {
    const first = this.status === 'connecting' && !this.saved;
    const error = first
      ? { code: Code.startFailed, errorMsg: 'the sandbox cannot be reached' }
      : { code: Code.network, errorMsg: 'the connection is lost' };
    this.fail(error);
    this.over(first ? '' : 'The session has ended: the connection is lost.', !first);
  }

  private fail(error: SDKError, done = this.done): void {
    if (done === this.done) this.done = undefined;
    done?.({ success: false, error });
    this.emit('session_error', error);
  }

  private receive(f: Frame): void {
    const ui = (this.ui ??= this.makeUI());
    switch (f.t) {
      case 'started':
        this.saved = { id: f['id'] as string, secret: f['secret'] as string, pin: f['pin'] as string };
        this.begin([]);
        ui.showPIN(this.saved.pin);
        break;
      case 'resumed':
        if (this.saved) this.saved.pin = f['pin'] as string;
        this.begin(f['agents'] as AgentEntry[]);
        break;
      case 'agent':
        this.agent(f['on'] === true, String(f['id']), String(f['name']));
        break;
      case 'record':
        if (f['on'] === true) this.record();
        else this.recorder.stop();
        break;
      case 'active':
        this.setActive(f['on'] === true);
        break;
      case 'draw':
        ui.board.draw(f['s'] as Stroke);
        break;
      case 'undo':
        ui.board.undo(String(f['by']), String(f['id']));
        break;
      case 'clear':
        ui.board.clear(String(f['by']));
        break;
      case 'assist':
        this.assist(f['on'] === true, f['granted'] === true, String(f['name']));
        break;
      case 'scroll':
        scrollBy({ left: Number(f['x']), top: Number(f['y']), behavior: 'instant' as ScrollBehavior });
        break;
      case 'ended':
        this.link?.stop();
        this.over(endWords(String(f['reason']), 'customer'), true);
        break;
      case 'error':
        this.refused({ code: Number(f['code']), errorMsg: String(f['message']) });
    }
  }

  private begin(agents: AgentEntry[]): void {
    this.status = 'started';
    this.mark();
    clearInterval(this.heart);
    this.heart = setInterval(() => this.mark(), HEARTBEAT);
    this.agents.clear();
    const done = this.done;
    this.done = undefined;
    done?.({ success: true });
    this.emit('pincode_updated', { [this.pinField]: this.saved?.pin });
    this.emit('session_started', { sessionId: this.saved?.id });
    for (const a of agents) this.agent(true, a.id, a.name);
    this.showState();
  }

  private record(): void {
    try {
      this.recorder.start();
    } catch (e) {
      this.fail({ code: Code.undefined, errorMsg: 'recording failed: ' + String(e) });
      return;
    }
    // Whoever is new has not seen what was drawn before; their own marks come back to nobody.
    for (const s of this.ui?.board.all() ?? []) if (s.by === 'c') this.link?.send({ t: 'draw', s: { id: s.id, tool: s.tool, color: s.color, points: s.points.slice(0, 1024) } });
  }

  private agent(joined: boolean, id: string, name: string): void {
    if (joined) this.agents.set(id, name);
    else this.agents.delete(id);
    if (joined) this.ui?.close();
    this.emit(joined ? 'agent_joined' : 'agent_left', { agentId: id, userName: name });
    if (!joined) this.ui?.board.clear(id);
    this.showState();
  }

  private setActive(on: boolean): void {
    if (this.active && !on) this.recorder.stop();
    this.active = on;
    if (on) this.ui?.showActive();
    else this.ui?.showPassive();
    if (on) this.showState();
  }

  private showState(): void {
    if (this.status !== 'started' || !this.active) return;
    const names = [...this.agents.values()];
    const text = names.length ? 'Sharing with ' + names.join(', ') : `Waiting for an agent \u2013 PIN ${this.saved?.pin ?? ''}`;
    this.ui?.showBar(text, this.settings.customerDraw && names.length > 0);
  }

  private assist(on: boolean, granted: boolean, name: string): void {
    if (on && !granted) {
      this.ui?.showConsent(name);
      return;
    }
    if (!on) this.ui?.close(); // the question is no longer asked
    this.setAssisted(on);
  }

  private setAssisted(on: boolean): void {
    this.ui?.showAssist(on);
    if (this.assisted === on) return;
    this.assisted = on;
    this.emit(on ? 'remote_assist_started' : 'remote_assist_stopped');
  }

  private makeUI(): UI {
    const send = (f: Frame): void => this.link?.send(f);
    const stop = (): void => {
      send({ t: 'assist', on: false });
      this.setAssisted(false);
    };
    return new UI({
      end: () => this.end(),
      draw: (s) => send({ t: 'draw', s }),
      undo: (id) => send({ t: 'undo', id }),
      clear: () => send({ t: 'clear' }),
      assist: (on) => {
        if (!on && this.assisted && this.settings.confirmStop) this.ui?.showStopConfirmation(stop);
        else if (!on) stop();
        else {
          send({ t: 'assist', on: true });
          this.setAssisted(true);
        }
      },
      shareHere: () => send({ t: 'focus' }),
    });
  }

  /** The service said no. */
  private refused(error: SDKError): void {
    const resuming = this.saved !== undefined;
    // The page before this one may not have been let go yet.
    if (error.code === Code.customerCount && resuming && this.handovers++ < HANDOVERS) {
      this.link?.again(400);
      return;
    }
    this.link?.stop();
    this.fail(error);
    // Another tab has the session: this one has no part in it, and does not end it.
    if (error.code === Code.customerCount) this.status = 'recoverable';
    else this.over(resuming ? endWords('gone', 'customer') : '', resuming);
  }

  private end(): void {
    if (this.status === 'ending' || this.status === 'idle' || this.status === 'ended') return;
    const connected = this.status === 'started';
    this.status = 'ending';
    this.link?.send({ t: 'end' });
    // The service confirms; where it cannot, the page is not kept waiting.
    setTimeout(
      () => {
        if (this.status !== 'ending') return;
        this.link?.stop();
        this.over(endWords('customer', 'customer'), true);
      },
      connected ? 1_500 : 0,
    );
  }

  private over(words: string, tell: boolean): void {
    clearInterval(this.heart);
    this.recorder.stop();
    forget();
    this.saved = undefined;
    this.agents.clear();
    this.setAssisted(false);
    this.status = tell ? 'ended' : 'idle';
    this.ui?.over(words);
    if (tell) this.emit('session_ended', { reason: words });
  }

  private mark(): void {
    if (this.saved && (this.status === 'started' || this.status === 'reconnecting')) save(this.saved, this.settings.multiTab);
  }
}
