// What the customer sees of the sandbox: the PIN, the bar, the questions and
// the drawing. All in a closed shadow root, which is not recorded, with a
// constructable style sheet, which no policy forbids.

import { Board, Pen } from '../shared/board';
import { h, svg } from '../shared/dom';
import { palette } from '../shared/palette';
import type { Stroke } from '../shared/protocol';
import { HOST } from './recorder';
import css from './ui.css';

export interface UIActions {
  end(): void;
  draw(s: Stroke): void;
  undo(id: string): void;
  clear(): void;
  assist(on: boolean): void;
  shareHere(): void;
}

const badge = (): HTMLElement => h('span', { class: 'badge' }, 'sandbox');
const button = (label: string, kind: string, act: () => void): HTMLButtonElement => h('button', { type: 'button', class: kind, click: act }, label);

export class UI {
  readonly board: Board;
  private readonly host = document.createElement(HOST);
  private readonly root: ShadowRoot;
  private readonly surface = svg('svg', { class: 'board' });
  private readonly pen: Pen;
  private readonly bar = h('div', { class: 'bar', role: 'region', 'aria-label': 'Screen sharing (sandbox)', hidden: true });
  private readonly say = h('span', { class: 'say', role: 'status' });
  private readonly tools: HTMLElement;
  private readonly drawButton: HTMLButtonElement;
  private readonly stopAssist: HTMLButtonElement;
  private dialog: HTMLElement | undefined;
  private before: HTMLElement | null = null;

  constructor(private readonly actions: UIActions) {
    this.root = this.host.attachShadow({ mode: 'closed' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.root.adoptedStyleSheets = [sheet];
    this.board = new Board(this.surface);
    this.pen = new Pen({
      surface: this.surface,
      toPage: (e) => [e.clientX + scrollX, e.clientY + scrollY],
      draw: (s) => {
        this.board.draw({ ...s, by: 'c' });
        actions.draw(s);
      },
    });
    this.tools = this.makeTools();
    this.drawButton = button('Draw', 'draw', () => this.toggleTools());
    this.stopAssist = button('Stop scrolling by agent', 'stop assist', () => actions.assist(false));
    this.stopAssist.hidden = true;
    this.bar.append(h('span', { class: 'dot' }), this.say, badge(), this.drawButton, this.stopAssist, button('End', 'stop end', actions.end), this.tools);
    this.root.append(this.surface, this.bar);
    addEventListener('scroll', () => this.follow(), { passive: true });
    // A page that replaces all of its document takes us along.
    new MutationObserver(() => this.attach()).observe(document.documentElement, { childList: true });
    this.attach();
    this.follow();
  }

  private attach(): void {
    if (!this.host.isConnected && document.documentElement) document.documentElement.append(this.host);
  }

  private follow(): void {
    this.board.scroll(scrollX, scrollY);
  }

  private makeTools(): HTMLElement {
    const tools = palette(this.pen, {
      tool: (tool) => this.surface.classList.toggle('on', tool !== undefined),
      undo: () => {
        const id = this.pen.takeLast();
        if (id === undefined) return;
        this.board.undo('c', id);
        this.actions.undo(id);
      },
      clear: () => {
        this.board.clear('c');
        this.actions.clear();
      },
    });
    tools.hidden = true;
    return tools;
  }

  private toggleTools(): void {
    this.tools.hidden = !this.tools.hidden;
    this.surface.classList.toggle('on', !this.tools.hidden && this.pen.tool !== undefined);
    this.drawButton.setAttribute('aria-pressed', String(!this.tools.hidden));
  }

  /** The bar with a line of text; drawing only where it is allowed and useful. */
  showBar(text: string, mayDraw: boolean): void {
    this.say.textContent = text;
    this.bar.hidden = false;
    this.drawButton.hidden = !mayDraw;
    if (!mayDraw && !this.tools.hidden) this.toggleTools();
  }

  showPIN(pin: string): void {
    const spaced = pin.length === 6 ? pin.slice(0, 3) + ' ' + pin.slice(3) : pin;
    const ok = button('OK', 'main', () => this.close());
    this.ask(
      'Your PIN',
      [h('p', {}, 'Tell it to the agent who helps you. They see this page only after they have typed it.'), h('output', { class: 'pin', 'data-pin': pin }, spaced)],
      [button('Do not share', 'stop', this.actions.end), ok],
      ok,
    );
  }

  showConsent(name: string): void {
    const answer = (on: boolean) => (): void => {
      this.close();
      this.actions.assist(on);
    };
    this.ask(
      'May the agent scroll?',
      [h('p', {}, `${name} asks to scroll this page for you. You can stop it at any time.`)],
      [button('Not now', 'refuse', answer(false)), button('Allow', 'main allow', answer(true))],
    );
  }

  showStopConfirmation(stop: () => void): void {
    const yes = (): void => {
      this.close();
      stop();
    };
    this.ask('Stop it?', [h('p', {}, 'The agent will no longer be able to scroll this page.')], [button('Cancel', '', () => this.close()), button('Stop', 'main', yes)]);
  }

  showPassive(): void {
    this.close();
    this.board.clear('c');
    this.showBar('You share another tab', false);
    const here = button('Share this tab', 'here', () => {
      here.remove();
      this.actions.shareHere();
    });
    this.bar.querySelector('.here')?.remove();
    this.say.after(here);
  }

  showActive(): void {
    this.bar.querySelector('.here')?.remove();
  }

  showAssist(on: boolean): void {
    this.stopAssist.hidden = !on;
  }

  toast(text: string): void {
    this.root.querySelector('.toast')?.remove();
    const toast = h('div', { class: 'toast', role: 'status' }, text, ' ', badge());
    this.root.append(toast);
    setTimeout(() => toast.remove(), 10_000);
  }

  /** Back to nothing but the last words. */
  over(text: string): void {
    this.close();
    this.bar.hidden = true;
    this.surface.classList.remove('on');
    this.tools.hidden = true;
    this.showAssist(false);
    this.board.clear('c');
    if (text) this.toast(text);
  }

  close(): void {
    if (!this.dialog) return;
    this.dialog.remove();
    this.dialog = undefined;
    this.before?.focus();
  }

  /** A dialog. Focus is where a stray key does no harm. */
  private ask(title: string, body: HTMLElement[], buttons: HTMLButtonElement[], focus = buttons[0] as HTMLElement): void {
    this.close();
    this.before = document.activeElement as HTMLElement | null;
    const card = h('div', { class: 'card', role: 'dialog', 'aria-modal': 'true', 'aria-label': title }, badge(), h('h2', {}, title), ...body, h('div', { class: 'row' }, ...buttons));
    this.dialog = h('div', { class: 'shade' }, card);
    this.dialog.addEventListener('keydown', (e) => e.key === 'Escape' && this.close());
    this.root.append(this.dialog);
    focus.focus();
  }
}
