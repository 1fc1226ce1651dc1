// The documented interface, and when its events fire. What Zoom's does only
// after joinSession, this does only then too, so that a page which would break
// there breaks here.

import { Call, CallError } from './call';
import { readConfig, type Config } from './config';

type Name = 'joined' | 'closed' | 'destroyed';
type Callback = (event: Name) => void;

/** How long the last words stay before the session counts as destroyed. */
const LAST_WORDS = 2_000;

export class Toolkit {
  private call: Call | undefined;
  private called = false;
  private timer = 0;
  private readonly callbacks: Record<Name, Set<Callback>> = { joined: new Set(), closed: new Set(), destroyed: new Set() };

  constructor(private readonly base: string) {}

  /** What pages see: functions that need no this. */
  face(): Record<string, unknown> {
    const on = (name: Name) => (callback: Callback) => {
      this.wantCall();
      this.callbacks[name].add(callback);
    };
    const off = (name: Name) => (callback: Callback) => {
      this.wantCall();
      this.callbacks[name].delete(callback);
    };
    return {
      joinSession: (container: HTMLElement, config: unknown) => this.join(container, config),
      leaveSession: async () => this.close(false),
      closeSession: async () => this.close(true),
      destroy: async () => this.destroy(),
      hideAllComponents: () => this.wantCall(),
      migrateConfig: (config: unknown) => config,
      getSessionInfo: () => this.call?.sessionInfo() ?? null,
      getCurrentUserInfo: () => this.call?.userInfo() ?? null,
      getAllUser: () => this.call?.allUsers() ?? [],
      onSessionJoined: on('joined'),
      offSessionJoined: off('joined'),
      onSessionClosed: on('closed'),
      offSessionClosed: off('closed'),
      onSessionDestroyed: on('destroyed'),
      offSessionDestroyed: off('destroyed'),
      version: () => 'sandbox',
    };
  }

  private wantCall(): void {
    if (!this.called) throw new Error('UIToolkit config is required. Call joinSession first.');
  }

  /** Resolves when the session is joined. Zoom's is rejected after a minute when it cannot be; this one at once. */
  private async join(container: HTMLElement, raw: unknown): Promise<void> {
    let config: Config;
    try {
      if (!(container instanceof HTMLElement)) throw new CallError('INVALID_PARAMETERS', 'container is not an element');
      config = readConfig(raw);
    } catch (e) {
      return Promise.reject(e);
    }
    this.called = true;
    if (this.call?.live) return;
    this.unmount();
    return new Promise((resolve, reject) => {
      this.call = new Call(this.base, container, config, {
        joined: () => {
          this.fire('joined');
          resolve();
        },
        closed: () => {
          this.fire('closed');
          this.timer = setTimeout(() => this.fire('destroyed'), LAST_WORDS);
        },
        failed: reject,
      });
    });
  }

  private close(forAll: boolean): void {
    this.wantCall();
    this.call?.leave(forAll);
  }

  private destroy(): void {
    this.wantCall();
    for (const set of Object.values(this.callbacks)) set.clear();
    this.unmount();
    this.called = false;
  }

  private unmount(): void {
    clearTimeout(this.timer);
    this.call?.unmount();
    this.call = undefined;
  }

  private fire(name: Name): void {
    for (const callback of [...this.callbacks[name]]) {
      try {
        callback(name);
      } catch (e) {
        // The page's own fault: it is the page's console that should say so.
        setTimeout(() => {
          throw e;
        });
      }
    }
  }
}
