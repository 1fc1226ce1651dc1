// Shows the customer's page, live, in a frame that runs no scripts.

import { Replayer } from '@rrweb/replay';

import { Board } from '../shared/board';
import { h, svg } from '../shared/dom';
import { guard, type ReplayEvent } from './guard';

/** A replayer keeps all events; after so many, the next snapshot gets a new one. */
const KEEP = 2_000;
/** How long to wait before the whole page is asked for again, in ms; the service grants one a second. */
const FAULT_PAUSE = 1_100;

export class Viewer {
  readonly surface = svg('svg', { class: 'board' });
  readonly board = new Board(this.surface);
  readonly element: HTMLElement;
  private readonly page = h('div', { class: 'page' });
  private readonly sizer = h('div', { class: 'sizer' }, this.page);
  private replayer: Replayer | undefined;
  private holder: HTMLElement | undefined;
  private meta: ReplayEvent | undefined;
  private kept = 0;
  private began = 0;
  private size = { width: 1, height: 1 };
  /** 0 fits the width. */
  private zoom = 0;
  private frame = 0;

  constructor(
    private readonly shown: () => void,
    /** Something could not be shown: the whole page is needed again. */
    private readonly faulty: () => void,
  ) {
    this.element = h('div', { class: 'stage', tabindex: '0', role: 'img', 'aria-label': "The customer's page" }, this.sizer);
    this.page.append(this.surface);
    // The replayer applies events in promises and timers of its own.
    for (const kind of ['error', 'unhandledrejection']) addEventListener(kind, () => this.fault());
    new ResizeObserver(() => this.layout()).observe(this.element);
  }

  /** Takes what was recorded. Before the first whole page nothing is of use. */
  take(events: unknown[]): void {
    for (const raw of events) {
      const e = guard(raw);
      if (!e) continue;
      if (e.type === 4) {
        this.meta = e;
      } else if (e.type === 2) {
        if (!this.meta) continue;
        this.whole(this.meta, e);
      } else if (this.replayer) {
        this.add(e);
      }
    }
  }

  /** The next whole page gets a new replayer. */
  private fault(): void {
    if (this.kept === Infinity) return;
    this.kept = Infinity;
    setTimeout(() => this.faulty(), FAULT_PAUSE);
  }

  private whole(meta: ReplayEvent, full: ReplayEvent): void {
    if (this.replayer && this.kept < KEEP) {
      this.add(meta);
      this.add(full);
      return;
    }
    this.renew(meta, full);
  }

  private add(e: ReplayEvent): void {
    this.kept++;
    this.element.dataset['kept'] = String(this.kept);
    // Nothing is older than the replayer's beginning: that would be history, which
    // it replays in another way. Nor is the beginning put back, as rrweb's examples
    // do: all events would be shown later by as much.
    this.replayer?.addEvent({ ...e, timestamp: Math.max(e.timestamp, this.began) } as never);
  }

  /** Begins a new replayer beside the old one, which stays until the new one has something to show. */
  private renew(meta: ReplayEvent, full: ReplayEvent): void {
    const { replayer: old, holder: oldHolder } = this;
    let retire = (): void => {
      retire = () => {};
      old?.destroy();
      oldHolder?.remove();
    };
    const holder = h('div', { class: 'holder' });
    this.page.prepend(holder);
    const replayer = new Replayer([], { root: holder, liveMode: true, mouseTail: false, triggerFocus: false, showWarning: false, pauseAnimation: false });
    replayer.on('resize', (size) => this.resize(size as { width: number; height: number }));
    replayer.on('fullsnapshot-rebuilded', () => {
      retire();
      this.shown();
    });
    this.began = Date.now();
    replayer.startLive(this.began);
    this.replayer = replayer;
    this.holder = holder;
    this.kept = 0;
    this.add(meta);
    this.add(full);
    if (!this.frame) this.follow();
  }

  /** The drawing follows the page's own scrolling. */
  private follow(): void {
    this.frame = requestAnimationFrame(() => this.follow());
    const { x, y } = this.scrolled();
    this.board.scroll(x, y);
  }

  private scrolled(): { x: number; y: number } {
    const w = this.replayer?.iframe.contentWindow;
    return { x: w?.scrollX ?? 0, y: w?.scrollY ?? 0 };
  }

  /** From the position of an event to pixels of the customer's document. */
  toPage(e: PointerEvent): [number, number] {
    const r = this.surface.getBoundingClientRect();
    const { x, y } = this.scrolled();
    return [((e.clientX - r.left) / r.width) * this.size.width + x, ((e.clientY - r.top) / r.height) * this.size.height + y];
  }

  /** Zoom: 0 fits, else a factor. Returns the factor in use. */
  setZoom(zoom: number): number {
    this.zoom = zoom;
    return this.layout();
  }

  private resize(size: { width: number; height: number }): void {
    this.size = size;
    this.surface.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
    this.layout();
  }

  private layout(): number {
    const { width, height } = this.size;
    const scale = this.zoom || Math.min(1, this.element.clientWidth / width, this.element.clientHeight / height) || 1;
    Object.assign(this.page.style, { width: width + 'px', height: height + 'px', transform: `scale(${scale})` });
    Object.assign(this.sizer.style, { width: width * scale + 'px', height: height * scale + 'px' });
    return scale;
  }

  /** Nothing of the session stays. */
  close(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.holder?.remove();
    this.replayer = this.holder = this.meta = undefined;
    this.board.clear('c');
  }
}
