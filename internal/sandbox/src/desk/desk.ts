// The desk's session: what arrives from the service, turned into what the
// screen shows.

import { Link, socketURL } from '../shared/link';
import { Code, endWords, type AgentEntry, type Frame, type SessionSettings, type Stroke } from '../shared/protocol';
import { Screen } from './screen';
import { handed, keep, kept, type Place } from './state';
import { words } from './words';

export class Desk {
  private readonly screen: Screen;
  private link: Link | undefined;
  private place: Place | undefined;
  private customer = '';
  private assist: 'off' | 'asking' | 'on' = 'off';
  /** The page around, where this desk is part of ZoomCobrowseAgentSDK. */
  private port: MessagePort | undefined;

  constructor(
    private readonly base: string,
    private readonly token: string,
    root: HTMLElement,
  ) {
    const send = (f: Frame): void => this.link?.send(f);
    this.screen = new Screen(root, {
      join: (pin) => this.join(pin),
      leave: () => this.leave(),
      end: () => send({ t: 'end' }),
      draw: (s) => send({ t: 'draw', s }),
      undo: (id) => send({ t: 'undo', id }),
      clear: () => send({ t: 'clear' }),
      assist: () => this.toggleAssist(),
      scroll: (x, y) => send({ t: 'scroll', x, y }),
      faulty: () => send({ t: 'snapshot' }),
      shown: () => this.screen.viewer.element.classList.add('shown'),
    });
  }

  /** Goes on where a desk before this one was, or asks for a PIN. */
  open(): void {
    addEventListener('message', (e) => this.embedded(e));
    if (location.hash === '#sdk') return; // the page around says what to do
    this.place = handed() ?? kept();
    if (this.place) this.connect(() => this.rejoin());
    else this.screen.door();
  }

  private embedded(e: MessageEvent): void {
    const data = Object(e.data) as Record<string, unknown>;
    const port = e.ports[0];
    if (e.source !== parent || data['cobrowseSandbox'] !== 'agent' || !port || this.port) return;
    this.port = port;
    port.onmessage = (m: MessageEvent<{ do?: string }>) => {
      if (m.data.do === 'leave') this.leave();
      if (m.data.do === 'end') this.link?.send({ t: 'end' });
    };
    this.place = data['recover'] === true ? kept() : undefined;
    if (this.place) this.connect(() => this.rejoin());
    else this.join(String(data['pinCode']));
  }

  private tell(event: string, payload: unknown = {}): void {
    this.port?.postMessage({ event, payload });
  }

  private join(pin: string): void {
    if (!pin) {
      this.screen.door('Type the PIN first.');
      return;
    }
    this.screen.busy(true);
    this.place = undefined;
    this.connect(() => ({ t: 'join', token: this.token, pin: pin.slice(0, 60) }));
  }

  private rejoin(): Frame {
    return { t: 'rejoin', token: this.token, id: this.place?.id, secret: this.place?.secret };
  }

  private connect(first: () => Frame): void {
    this.link?.stop();
    this.link = new Link(socketURL(this.base), {
      hello: () => (this.place ? this.rejoin() : first()),
      frame: (f) => this.receive(f),
      down: () => this.screen.warn('Reconnecting\u2026'),
      lost: () => this.out(words(Code.network, ''), 'session_error', { code: Code.network }),
    });
  }

  private receive(f: Frame): void {
    const { board } = this.screen.viewer;
    switch (f.t) {
      case 'joined':
        this.joined(f);
        break;
      case 'events':
        this.screen.viewer.take(f['e'] as unknown[]);
        break;
      case 'draw':
        board.draw(f['s'] as Stroke);
        break;
      case 'undo':
        board.undo(String(f['by']), String(f['id']));
        break;
      case 'clear':
        board.clear(String(f['by']));
        break;
      case 'customer':
        this.customerMoved(f['here'] === true, String(f['page'] ?? ''));
        break;
      case 'agents':
        this.sayWho(f['list'] as AgentEntry[]);
        break;
      case 'assist':
        this.answered(String(f['state']));
        break;
      case 'left':
        this.out('You have left the session.', 'session_left');
        break;
      case 'moved':
        this.out('You have joined in another window.', 'session_left');
        break;
      case 'ended':
        this.out(endWords(String(f['reason']), 'agent'), 'session_ended', { reason: f['reason'] });
        break;
      case 'error':
        this.refused(Number(f['code']), String(f['message']));
    }
  }

  private joined(f: Frame): void {
    const settings = f['settings'] as SessionSettings;
    this.place = { id: String(f['id']), secret: String(f['secret']) };
    keep(this.place);
    this.customer = String(f['customer']);
    this.screen.inSession(String(f['me']), settings.agentDraw, settings.assist);
    this.setAssist(f['assist'] === true ? 'on' : 'off');
    this.customerMoved(f['here'] === true, String(f['page']));
    this.sayWho(f['agents'] as AgentEntry[]);
    this.tell('session_joined');
  }

  private customerMoved(here: boolean, page: string): void {
    if (here) this.screen.viewer.board.clear('c');
    this.screen.viewer.element.dataset['page'] = page;
    this.screen.warn(here ? '' : 'The customer is away, on the way to another page perhaps. The session waits for 2 minutes.');
    if (!here) this.tell('customer_focus_lost');
  }

  private sayWho(agents: AgentEntry[]): void {
    const others = agents.length - 1;
    this.screen.say(this.customer + (others > 0 ? ` and ${others} more agent${others > 1 ? 's' : ''}` : ''));
  }

  private toggleAssist(): void {
    this.link?.send({ t: 'assist', on: this.assist === 'off' });
    if (this.assist === 'off') this.setAssist('asking');
    else this.setAssist('off');
  }

  private setAssist(state: 'off' | 'asking' | 'on'): void {
    this.assist = state;
    this.screen.setAssist(state);
  }

  private answered(state: string): void {
    this.setAssist(state === 'granted' ? 'on' : 'off');
    const said: Record<string, string> = {
      refused: 'The customer does not want you to scroll.',
      stopped: 'Scrolling is over.',
      busy: 'Another agent scrolls, or has asked to.',
      away: 'The customer is away.',
    };
    this.screen.warn(said[state] ?? '', true);
  }

  private leave(): void {
    if (!this.link) return;
    this.link.send({ t: 'leave' });
    this.out('You have left the session.', 'session_left');
  }

  private refused(code: number, message: string): void {
    const resuming = this.place !== undefined;
    // Zoom's desk and Zoom's agent SDK have different codes for a wrong PIN.
    const shown = code === Code.pinNotFound ? Code.deskPinNotFound : code;
    this.out(resuming ? endWords('gone', 'agent') : words(shown, message), 'session_error', { code, errorMsg: message });
  }

  /** Back to the door. */
  private out(why: string, event: string, payload: unknown = {}): void {
    this.link?.stop();
    this.link = undefined;
    this.place = undefined;
    keep(undefined);
    this.setAssist('off');
    this.screen.warn('');
    this.screen.door(why);
    this.tell(event, payload);
  }
}
