// Records the page while an agent looks, and only then.

import { record } from '@rrweb/record';

import { Mask } from './mask';
import { Scrubber, type RecordedEvent } from './scrub';

/** Events that wait so long, in ms, are sent together. */
const BATCH = 30;
/** Events after which the whole page is recorded again, so that the agent's browser can forget the older ones. */
const CHECKOUT = 3_000;
/** Characters of an event; the service takes 8 MiB a frame. */
const LARGEST = 7 << 20;
/** Of several events in one frame. */
const TOGETHER = 256 << 10;

/** The name of the sandbox's own element in the page. */
export const HOST = 'zoom-cobrowse-sandbox';

export interface RecorderHost {
  send(events: string): void;
  /** The page is larger than the sandbox can carry. */
  tooLarge(): void;
}

export class Recorder {
  private stopRecord: (() => void) | undefined;
  private scrubber: Scrubber | undefined;
  private batch: string[] = [];
  private size = 0;
  private timer = 0;
  private sinceSnapshot = 0;
  private again = false;

  constructor(
    private readonly mask: Mask,
    private readonly host: RecorderHost,
  ) {}

  /** Begins with the whole page, also when it is recording already. */
  start(): void {
    this.drop();
    if (this.stopRecord) {
      record.takeFullSnapshot();
      return;
    }
    this.scrubber = new Scrubber(this.mask, record.mirror as never, () => this.snapshotSoon());
    this.stopRecord = record({
      emit: (e) => this.emit(e as unknown as RecordedEvent),
      blockSelector: HOST,
      maskInputOptions: {},
      maskTextClass: 'zoom-cobrowse-sandbox-none',
      slimDOMOptions: 'all',
      sampling: { mousemove: 60, scroll: 60, media: 500 },
    }) as (() => void) | undefined;
  }

  stop(): void {
    this.stopRecord?.();
    this.stopRecord = undefined;
    this.drop();
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.batch = [];
    this.size = 0;
  }

  private emit(raw: RecordedEvent): void {
    const e = this.scrubber?.scrub(raw);
    if (!e) return;
    this.sinceSnapshot = raw.type === 2 ? 0 : this.sinceSnapshot + 1;
    const text = JSON.stringify(e);
    if (text.length > LARGEST) {
      this.host.tooLarge();
      return;
    }
    if (this.size + text.length > TOGETHER) this.flush();
    this.batch.push(text);
    this.size += text.length;
    this.timer ||= setTimeout(() => this.flush(), BATCH);
    if (this.sinceSnapshot >= CHECKOUT) this.snapshotSoon();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.batch.length) return;
    const events = '[' + this.batch.join(',') + ']';
    this.drop();
    this.host.send(events);
  }

  private snapshotSoon(): void {
    if (this.again) return;
    this.again = true;
    this.sinceSnapshot = 0;
    setTimeout(() => {
      this.again = false;
      if (this.stopRecord) record.takeFullSnapshot(true);
    });
  }
}
