// The stand-in for ZoomCobrowseAgentSDK: a frame with the sandbox's own desk,
// which takes token and PIN by a message channel and reports what happens.

import { h } from '../shared/dom';
import { Link, socketURL } from '../shared/link';
import { Code } from '../shared/protocol';
import { loadAgent, saveAgent, type Credentials } from './store';

type Done = (result: Record<string, unknown>) => void;
type Listener = (payload?: unknown) => void;

interface Options {
  zoomAppRoot?: Element | string;
}

export function agentSDK(base: string): { init(options?: Options, done?: Done): void } {
  return {
    init(options, done) {
      const at = options?.zoomAppRoot;
      const root = typeof at === 'string' ? document.querySelector(at) : at;
      if (!(root instanceof Element)) {
        done?.({ success: false, error: { code: 9999, errorMsg: 'zoomAppRoot is no element' } });
        return;
      }
      done?.({ success: true, sdkInfo: { version: 'sandbox' }, session: new AgentSession(base, root).face() });
    },
  };
}

const deskURL = (base: string, token: string): string => base + '/sdkapi/zcb/frame-templates/desk?access_token=' + encodeURIComponent(token);

const read = (options: Record<string, unknown> = {}): Credentials => ({
  sdkToken: String(options['sdkToken'] ?? ''),
  pinCode: String(options['pinCode'] ?? '').slice(0, 60),
});

class AgentSession {
  private readonly listeners = new Map<string, Set<Listener>>();
  private port: MessagePort | undefined;
  private frame: HTMLIFrameElement | undefined;
  private done: Done | undefined;
  private last: Credentials | undefined = loadAgent();

  constructor(
    private readonly base: string,
    private readonly root: Element,
  ) {}

  face(): Record<string, unknown> {
    return {
      join: (options?: Record<string, unknown>, done?: Done) => this.join(options, done),
      createAgentViewerEndpoint: (options?: Record<string, unknown>, done?: Done) => this.endpoint(read(options), done),
      leave: () => this.port?.postMessage({ do: 'leave' }),
      end: () => this.port?.postMessage({ do: 'end' }),
      on: (event: string, f: Listener) => {
        this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(f));
      },
    };
  }

  private join(options: Record<string, unknown> | undefined, done?: Done): void {
    // Without options it recovers: this page's session, or that of the page before.
    let recover = !options;
    if (options) this.last = read(options);
    if (!this.last) {
      done?.({ success: false, error: { code: Code.joinFailed, errorMsg: 'there is no session to join' } });
      return;
    }
    this.done = done;
    this.frame?.remove();
    const { sdkToken, pinCode } = this.last;
    const frame = h('iframe', { title: 'Shared page (sandbox)', allow: 'fullscreen' });
    frame.style.cssText = 'border:0;width:100%;height:100%;min-height:480px';
    frame.src = deskURL(this.base, sdkToken) + '#sdk';
    frame.onload = () => {
      const { port1, port2 } = new MessageChannel();
      this.port = port1;
      port1.onmessage = (e: MessageEvent<{ event: string; payload: unknown }>) => this.told(e.data.event, e.data.payload);
      frame.contentWindow?.postMessage({ cobrowseSandbox: 'agent', pinCode, recover }, new URL(this.base).origin, [port2]);
      recover = true; // should the frame be loaded again
    };
    this.frame = frame;
    this.root.append(frame);
  }

  /**
   * Joins, and gives the place away: whoever opens the address within the time to
   * reconnect has it. What it takes is in the fragment, which no server sees.
   */
  private endpoint({ sdkToken, pinCode }: Credentials, done?: Done): void {
    const no = (code: number, errorMsg: string): void => {
      link.stop();
      done?.({ success: false, error: { code, errorMsg } });
    };
    const link = new Link(socketURL(this.base), {
      hello: () => ({ t: 'join', token: sdkToken, pin: pinCode }),
      frame: (f) => {
        if (f.t === 'error') no(Number(f['code']), String(f['message']));
        if (f.t !== 'joined') return;
        link.stop();
        const place = new URLSearchParams({ id: String(f['id']), secret: String(f['secret']) });
        done?.({ success: true, agentViewerUrl: `${deskURL(this.base, sdkToken)}#${place.toString()}` });
      },
      down: () => no(Code.network, 'the connection is lost'),
      lost: () => no(Code.network, 'the sandbox cannot be reached'),
    });
  }

  private told(event: string, payload: unknown): void {
    saveAgent(event === 'session_joined' || event === 'customer_focus_lost' ? this.last : undefined);
    const done = this.done;
    if (event === 'session_joined' || event === 'session_error') {
      this.done = undefined;
      done?.(event === 'session_joined' ? { success: true } : { success: false, error: payload });
    }
    for (const f of this.listeners.get(event) ?? []) f(payload);
  }
}
