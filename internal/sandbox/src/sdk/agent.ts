// The stand-in for ZoomCobrowseAgentSDK: a frame with the sandbox's own desk,
// which takes token and PIN by a message channel and reports what happens.

import { h } from '../shared/dom';

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

class AgentSession {
  private readonly listeners = new Map<string, Set<Listener>>();
  private port: MessagePort | undefined;
  private frame: HTMLIFrameElement | undefined;
  private done: Done | undefined;
  private last: { sdkToken: string; pinCode: string } | undefined;

  constructor(
    private readonly base: string,
    private readonly root: Element,
  ) {}

  face(): Record<string, unknown> {
    return {
      join: (options?: Record<string, unknown>, done?: Done) => this.join(options, done),
      leave: () => this.port?.postMessage({ do: 'leave' }),
      end: () => this.port?.postMessage({ do: 'end' }),
      on: (event: string, f: Listener) => {
        this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(f));
      },
    };
  }

  private join(options: Record<string, unknown> | undefined, done?: Done): void {
    if (options) this.last = { sdkToken: String(options['sdkToken'] ?? ''), pinCode: String(options['pinCode'] ?? '') };
    if (!this.last) {
      done?.({ success: false, error: { code: 1011, errorMsg: 'there is no session to join' } });
      return;
    }
    this.done = done;
    this.frame?.remove();
    const { sdkToken, pinCode } = this.last;
    const frame = h('iframe', { title: 'Shared page (sandbox)', allow: 'fullscreen' });
    frame.style.cssText = 'border:0;width:100%;height:100%;min-height:480px';
    frame.src = this.base + '/sdkapi/zcb/frame-templates/desk?access_token=' + encodeURIComponent(sdkToken);
    frame.onload = () => {
      const { port1, port2 } = new MessageChannel();
      this.port = port1;
      port1.onmessage = (e: MessageEvent<{ event: string; payload: unknown }>) => this.told(e.data.event, e.data.payload);
      frame.contentWindow?.postMessage({ cobrowseSandbox: 'agent', pinCode }, new URL(this.base).origin, [port2]);
    };
    this.frame = frame;
    this.root.append(frame);
  }

  private told(event: string, payload: unknown): void {
    const done = this.done;
    if (event === 'session_joined' || event === 'session_error') {
      this.done = undefined;
      done?.(event === 'session_joined' ? { success: true } : { success: false, error: payload });
    }
    for (const f of this.listeners.get(event) ?? []) f(payload);
  }
}
