// The drawing over a page: what both sides see, and the pen of one of them.
// Points are CSS pixels of the document, so that a drawing stays where it
// belongs when the page scrolls.

import { svg } from './dom';
import type { Stroke, Tool } from './protocol';

/** The colours on offer; protocol.go takes any. */
export const COLORS = ['#e02d3c', '#0b5cff', '#12805c', '#f0a202'] as const;

const MOST = 500;
const LONGEST = 4000;
const FADE_AFTER = 2_000;
const FADE = 600;

interface Drawn extends Stroke {
  el: SVGElement;
  timer: number;
}

/** All strokes of everybody, as SVG. */
export class Board {
  readonly layer: SVGGElement;
  private readonly strokes = new Map<string, Drawn>();

  constructor(root: SVGSVGElement) {
    this.layer = svg('g', { fill: 'none', 'stroke-width': '4', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' });
    root.append(this.layer);
  }

  /** Moves all by where the page has scrolled to. */
  scroll(x: number, y: number): void {
    this.layer.setAttribute('transform', `translate(${-x} ${-y})`);
  }

  draw(s: Stroke): void {
    const key = (s.by ?? '') + ' ' + s.id;
    let d = this.strokes.get(key);
    if (!d) {
      if (this.strokes.size >= MOST) this.drop(this.strokes.keys().next().value as string);
      const el = svg(s.tool === 'rect' ? 'rect' : 'polyline', { stroke: s.color });
      d = { ...s, points: [], el, timer: 0 };
      this.strokes.set(key, d);
      this.layer.append(el);
    }
    this.extend(d, s.points);
    if (d.tool === 'vanish') this.fade(key, d);
  }

  undo(by: string, id: string): void {
    this.drop(by + ' ' + id);
  }

  /** Removes the strokes of somebody; the customer's wish removes all. */
  clear(by: string): void {
    for (const [key, d] of this.strokes) if (by === 'c' || d.by === by) this.drop(key);
  }

  get size(): number {
    return this.strokes.size;
  }

  /** All that is there, to be told to somebody new. */
  all(): Stroke[] {
    return [...this.strokes.values()].map(({ id, tool, color, points, by }) => ({ id, tool, color, points, by: by ?? '' }));
  }

  private extend(d: Drawn, points: number[]): void {
    if (d.tool === 'rect') {
      const [x0 = 0, y0 = 0, x1 = x0, y1 = y0] = (d.points = points);
      d.el.setAttribute('x', String(Math.min(x0, x1)));
      d.el.setAttribute('y', String(Math.min(y0, y1)));
      d.el.setAttribute('width', String(Math.abs(x1 - x0)));
      d.el.setAttribute('height', String(Math.abs(y1 - y0)));
      return;
    }
    if (d.points.length + points.length <= LONGEST) d.points.push(...points);
    d.el.setAttribute('points', d.points.join(' '));
  }

  private fade(key: string, d: Drawn): void {
    clearTimeout(d.timer);
    d.timer = setTimeout(() => {
      d.el.setAttribute('opacity', '0.4');
      d.timer = setTimeout(() => this.drop(key), FADE);
    }, FADE_AFTER);
  }

  private drop(key: string): void {
    const d = this.strokes.get(key);
    if (!d) return;
    clearTimeout(d.timer);
    d.el.remove();
    this.strokes.delete(key);
  }
}

export interface PenHost {
  /** Where the surface is touched. */
  surface: Element;
  /** From the position of an event to pixels of the document. */
  toPage(e: PointerEvent): [x: number, y: number];
  /** Draws a piece, and tells the other side. */
  draw(s: Stroke): void;
}

/** How often a stroke under way is told to the other side, in ms. */
const CHUNK = 40;
/** Numbers in one frame, at most; protocol.go takes 1024. */
const CHUNK_POINTS = 600;

/** One person's pen. It does nothing until it has a tool. */
export class Pen {
  tool: Tool | undefined;
  color: string = COLORS[0];
  /** One's own strokes, for undo. */
  private readonly mine: string[] = [];
  private current: Stroke | undefined;
  private timer = 0;
  private serial = 0;
  private readonly tag = Math.random().toString(36).slice(2, 8);

  constructor(private readonly host: PenHost) {
    const on = (name: string, f: (e: PointerEvent) => void): void => host.surface.addEventListener(name, f as (e: Event) => void);
    on('pointerdown', (e) => this.down(e));
    on('pointermove', (e) => this.move(e));
    on('pointerup', (e) => this.up(e));
    on('pointercancel', (e) => this.up(e));
  }

  /** The last stroke of one's own that may still be there. */
  takeLast(): string | undefined {
    return this.mine.pop();
  }

  private down(e: PointerEvent): void {
    if (!this.tool || e.button !== 0) return;
    e.preventDefault();
    this.host.surface.setPointerCapture(e.pointerId);
    const id = this.tag + ++this.serial;
    this.current = { id, tool: this.tool, color: this.color, points: this.host.toPage(e).map(Math.round) };
    if (this.tool !== 'vanish') this.mine.push(id);
    this.flush();
  }

  private move(e: PointerEvent): void {
    const s = this.current;
    if (!s) return;
    const [x, y] = this.host.toPage(e).map(Math.round) as [number, number];
    if (s.tool === 'rect') s.points = [s.points[0] ?? x, s.points[1] ?? y, x, y];
    else s.points.push(x, y);
    if (s.points.length >= CHUNK_POINTS) this.flush();
    else this.timer ||= setTimeout(() => this.flush(), CHUNK);
  }

  private up(e: PointerEvent): void {
    if (!this.current) return;
    this.move(e);
    this.flush();
    this.current = undefined;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    const s = this.current;
    if (!s || s.points.length === 0) return;
    this.host.draw({ ...s, points: s.points.slice() });
    if (s.tool !== 'rect') s.points = [];
  }
}
