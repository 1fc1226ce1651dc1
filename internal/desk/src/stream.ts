// The waiting list's stream of server-sent events (HTML standard, section 9.2).
//
// It is read by fetch rather than EventSource, which tells neither why a stream
// was refused nor when to try again, does not try again after a refusal, and
// hides the comments by which one notices a connection that died in silence.

import { address, options, refusal, Refusal } from './api';
import type { Listing } from './model';

/** The server sends something every 15 seconds; after so long a silence the connection is dead. */
const SILENCE = 45_000;
/** The pauses between attempts: a second after the first, and no more than these. */
const PAUSE = 1_000;
const LONGEST = 15_000;

export interface StreamEvents {
  sessions(list: Listing): void;
  /** The list cannot be read, the stream goes on. */
  unavailable(): void;
  signedOut(): void;
  /** The stream is lost and is tried again, in `wait` seconds where a refusal said so. */
  lost(why: Refusal): void;
}

export class Stream {
  private search = '';
  private current: AbortController | undefined;
  private failures = 0;
  private timer = 0;
  private silence = 0;
  private over = false;

  constructor(private readonly on: StreamEvents) {
    // What a computer that slept or changed its network holds is dead.
    addEventListener('online', () => this.open());
  }

  /** Connects anew, with other words to search for where given. */
  open(search = this.search): void {
    this.search = search;
    this.current?.abort();
    clearTimeout(this.timer);
    if (this.over) return;
    const mine = (this.current = new AbortController());
    void this.read(mine).catch((e: unknown) => {
      mine.abort();
      if (mine !== this.current) return; // another has taken its place
      clearTimeout(this.silence);
      this.again(e instanceof Refusal ? e : new Refusal(0));
    });
  }

  /** Ends for good: the agent has signed out. */
  private finish(): void {
    this.over = true;
    clearTimeout(this.silence);
    this.current?.abort();
    this.current = undefined;
    this.on.signedOut();
  }

  private again(why: Refusal): void {
    if (why.signedOut) return this.finish();
    this.on.lost(why);
    const pause = Math.min(LONGEST, PAUSE * 2 ** this.failures++);
    // Not all desks at the same moment.
    this.timer = setTimeout(() => this.open(), Math.max(why.wait * 1000, pause) * (1 + Math.random() / 4));
  }

  private async read(mine: AbortController): Promise<never> {
    const query = this.search && `?q=${encodeURIComponent(this.search)}`;
    this.watch(mine);
    const response = await fetch(address('events') + query, {
      ...options,
      headers: { Accept: 'text/event-stream' },
      signal: mine.signal,
    });
    if (!response.ok || !response.body || !response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      throw await refusal(response);
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done || mine !== this.current) throw new Refusal(0);
      this.watch(mine);
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) if (mine === this.current) this.take(block);
    }
  }

  /** Gives a connection up that has been silent for too long. */
  private watch(mine: AbortController): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => mine.abort(), SILENCE);
  }

  /** Takes one event. Our server ends lines with LF, and writes each event's data on one. */
  private take(block: string): void {
    let name = '';
    let data = '';
    for (const line of block.split('\n')) {
      if (line.startsWith('event: ')) name = line.slice(7);
      if (line.startsWith('data: ')) data = line.slice(6);
    }
    switch (name) {
      case 'sessions':
        this.failures = 0;
        return this.on.sessions(JSON.parse(data) as Listing);
      case 'unavailable':
        return this.on.unavailable();
      case 'signed-out':
        return this.finish();
      case 'restart':
        this.on.lost(new Refusal(0));
        return this.open();
    }
  }
}
