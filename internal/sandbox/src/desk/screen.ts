// The desk's elements. It knows nothing of sessions.

import { Pen } from '../shared/board';
import { h } from '../shared/dom';
import { palette } from '../shared/palette';
import type { Stroke } from '../shared/protocol';
import { Viewer } from './viewer';

export interface ScreenActions {
  join(pin: string): void;
  leave(): void;
  end(): void;
  draw(s: Stroke): void;
  undo(id: string): void;
  clear(): void;
  /** Asks to scroll, or stops. */
  assist(): void;
  scroll(x: number, y: number): void;
  shown(): void;
  /** The page could not be shown as it should. */
  faulty(): void;
}

const ZOOMS = [0, 0.5, 0.75, 1, 1.5, 2];
/** How often wheel movements are sent, in ms. */
const WHEEL = 50;

/** How long a line that only tells something stays, in ms. */
const PASSING = 6_000;

const badge = (): HTMLElement => h('span', { class: 'badge' }, 'sandbox');

export class Screen {
  readonly viewer: Viewer;
  /** Whether the wheel scrolls the customer's page. */
  assisting = false;
  private me = '';
  private readonly pen: Pen;
  private readonly pin = h('input', { id: 'pin', name: 'pin', inputmode: 'numeric', autocomplete: 'off', maxlength: '10', placeholder: '123456', required: true, 'aria-describedby': 'problem' });
  private readonly problem = h('p', { id: 'problem', class: 'problem-text', role: 'alert' });
  private readonly submit = h('button', { type: 'submit', class: 'main' }, 'Join');
  private readonly form: HTMLElement;
  private readonly session: HTMLElement;
  private readonly status = h('span', { class: 'status', role: 'status' });
  private readonly banner = h('p', { class: 'banner', role: 'status', hidden: true });
  private readonly tools: HTMLElement;
  private readonly assistButton: HTMLButtonElement;
  private readonly zoom: HTMLSelectElement;
  private passing = 0;
  private wheel = { x: 0, y: 0, timer: 0 };

  constructor(
    root: HTMLElement,
    private readonly actions: ScreenActions,
  ) {
    this.viewer = new Viewer(actions.shown, actions.faulty);
    this.pen = new Pen({
      surface: this.viewer.surface,
      toPage: (e) => this.viewer.toPage(e),
      draw: (s) => {
        this.viewer.board.draw({ ...s, by: this.me });
        actions.draw(s);
      },
    });
    this.tools = this.makeTools();
    this.assistButton = h('button', { type: 'button', class: 'assist', 'aria-pressed': 'false', click: () => actions.assist() }, 'Ask to scroll');
    this.zoom = h(
      'select',
      { 'aria-label': 'Zoom', change: () => this.viewer.setZoom(Number(this.zoom.value)) },
      ...ZOOMS.map((z) => h('option', { value: String(z) }, z ? z * 100 + ' %' : 'Fit')),
    );
    this.form = this.makeForm();
    this.session = h('main', { class: 'session', hidden: true }, this.makeBar(), this.banner, this.viewer.element);
    root.append(this.form, this.session);
    this.listen();
  }

  private makeForm(): HTMLElement {
    const join = (e: Event): void => {
      e.preventDefault();
      this.actions.join(this.pin.value.replace(/\s/g, ''));
    };
    return h(
      'main',
      { class: 'door' },
      h('form', { class: 'card', submit: join, novalidate: true }, badge(), h('h1', {}, 'Join a customer'), h('p', {}, 'Type the PIN that the customer reads out.'), h('label', { for: 'pin' }, 'PIN'), this.pin, this.problem, this.submit),
    );
  }

  private makeBar(): HTMLElement {
    const full = h('button', { type: 'button', class: 'full', click: () => void this.session.requestFullscreen().catch(() => {}) }, 'Full screen');
    return h(
      'div',
      { class: 'bar', role: 'toolbar', 'aria-label': 'Session' },
      badge(),
      this.status,
      this.zoom,
      full,
      this.assistButton,
      this.tools,
      h('span', { class: 'ends' }, h('button', { type: 'button', class: 'leave', click: () => this.actions.leave() }, 'Leave'), h('button', { type: 'button', class: 'stop end', click: () => this.actions.end() }, 'End for all')),
    );
  }

  private makeTools(): HTMLElement {
    return palette(this.pen, {
      tool: (tool) => this.viewer.surface.classList.toggle('on', tool !== undefined),
      undo: () => {
        const id = this.pen.takeLast();
        if (id === undefined) return;
        this.viewer.board.undo(this.me, id);
        this.actions.undo(id);
      },
      clear: () => {
        this.viewer.board.clear(this.me);
        this.actions.clear();
      },
    });
  }

  private listen(): void {
    const stage = this.viewer.element;
    stage.addEventListener(
      'wheel',
      (e) => {
        if (!this.assisting) return;
        e.preventDefault();
        this.scrollBy(e.deltaX, e.deltaY);
      },
      { passive: false },
    );
    const keys: Record<string, number> = { ArrowDown: 60, ArrowUp: -60, PageDown: 500, PageUp: -500 };
    stage.addEventListener('keydown', (e) => {
      const y = keys[e.key];
      if (!this.assisting || y === undefined) return;
      e.preventDefault();
      this.scrollBy(0, y);
    });
  }

  private scrollBy(x: number, y: number): void {
    this.wheel.x += x;
    this.wheel.y += y;
    this.wheel.timer ||= setTimeout(() => {
      this.actions.scroll(this.wheel.x, this.wheel.y);
      this.wheel = { x: 0, y: 0, timer: 0 };
    }, WHEEL);
  }

  /** The form, with a reason to be there again. */
  door(problem = ''): void {
    this.session.hidden = true;
    this.form.hidden = false;
    this.viewer.close();
    this.busy(false);
    this.problem.textContent = problem;
    this.pin.setAttribute('aria-invalid', String(problem !== ''));
    this.pin.select();
    this.pin.focus();
  }

  busy(on: boolean): void {
    this.submit.disabled = on;
    this.submit.textContent = on ? 'Joining\u2026' : 'Join';
    if (on) this.problem.textContent = '';
  }

  inSession(me: string, mayDraw: boolean, mayAssist: boolean): void {
    this.me = me;
    this.form.hidden = true;
    this.session.hidden = false;
    this.tools.hidden = !mayDraw;
    this.assistButton.hidden = !mayAssist;
    this.pin.value = '';
  }

  say(status: string): void {
    this.status.textContent = status;
  }

  /** A line over the page, until another one or for a while; empty: none. */
  warn(text: string, passing = false): void {
    clearTimeout(this.passing);
    this.banner.textContent = text;
    this.banner.hidden = text === '';
    if (passing) this.passing = setTimeout(() => this.warn(''), PASSING);
  }

  setAssist(state: 'off' | 'asking' | 'on'): void {
    this.assisting = state === 'on';
    this.assistButton.setAttribute('aria-pressed', String(state === 'on'));
    this.assistButton.textContent = { off: 'Ask to scroll', asking: 'Asking\u2026', on: 'Stop scrolling' }[state];
    this.viewer.element.classList.toggle('assisting', state === 'on');
  }
}
