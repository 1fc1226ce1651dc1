// One WebSocket that is made again when it breaks. Its first frame says who
// we are and is asked for anew at each attempt, since it may be another one the
// second time.

import { RECONNECT, type Frame } from './protocol';

export interface LinkHandler {
  /** The first frame of the next connection. */
  hello(): Frame;
  frame(f: Frame): void;
  /** The connection broke and is being made again. */
  down(): void;
  /** It could not be made (again) in time. */
  lost(): void;
}

/** Waits before the attempts of a connection that never was. */
const FIRST = [0, 400, 1200];
const SLOWEST = 5_000;
const PING = 15_000;
/** A connection that is silent for so long is dead. */
const SILENCE = 40_000;

export class Link {
  private socket: WebSocket | undefined;
  private stopped = false;
  private established = false;
  private attempts = 0;
  private downSince = 0;
  private heard = 0;
  private timer = 0;
  private ping = 0;

  constructor(
    private readonly url: string,
    private readonly handler: LinkHandler,
  ) {
    this.connect();
  }

  send(f: Frame): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(f));
  }

  /** Sends a frame whose member e is JSON already. */
  sendEvents(json: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send('{"t":"events","e":' + json + '}');
  }

  /** Ends the connection for good. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.ping);
    this.socket?.close();
  }

  /** Breaks the connection, to be made again. */
  again(wait: number): void {
    this.quiet();
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private connect(): void {
    if (this.stopped) return;
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      this.broken(); // a policy of the page
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      this.heard = Date.now();
      socket.send(JSON.stringify(this.handler.hello()));
      this.ping = setInterval(() => this.beat(socket), PING);
    };
    socket.onmessage = (e) => {
      this.heard = Date.now();
      this.receive(String(e.data));
    };
    socket.onclose = () => {
      if (this.socket === socket) this.broken();
    };
  }

  private receive(data: string): void {
    const f = JSON.parse(data) as Frame;
    if (f.t === 'pong') return;
    if (f.t !== 'error') {
      this.established = true;
      this.attempts = 0;
      this.downSince = 0;
    }
    this.handler.frame(f);
  }

  private beat(socket: WebSocket): void {
    if (Date.now() - this.heard > SILENCE) {
      this.quiet();
      this.broken();
    } else if (socket.readyState === WebSocket.OPEN) socket.send('{"t":"ping"}');
  }

  /** Lets go of the socket without listening to its end. */
  private quiet(): void {
    const socket = this.socket;
    this.socket = undefined;
    clearInterval(this.ping);
    socket?.close();
  }

  private broken(): void {
    clearInterval(this.ping);
    this.socket = undefined;
    if (this.stopped) return;
    const now = Date.now();
    this.attempts++;
    if (!this.established) {
      const wait = FIRST[this.attempts];
      if (wait === undefined) this.lose();
      else this.timer = setTimeout(() => this.connect(), wait);
      return;
    }
    if (!this.downSince) {
      this.downSince = now;
      this.handler.down();
      if (this.stopped) return;
    }
    if (now - this.downSince > RECONNECT) {
      this.lose();
      return;
    }
    const wait = Math.min(SLOWEST, 250 * 2 ** Math.min(this.attempts, 6)) * (0.5 + Math.random() / 2);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private lose(): void {
    this.stopped = true;
    this.handler.lost();
  }
}

/** The socket's address beside a service's address. */
export function socketURL(base: string): string {
  return base.replace(/^http/, 'ws') + '/sdkapi/zcb/sandbox/socket';
}
