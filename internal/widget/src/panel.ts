// What the customer sees: the button and the panel, drawn from the state.

import { button, h, icon } from './dom';
import { Phase, type Session } from './session';
import type { WidgetSettings } from './settings';
import { Text, choose, groups, spoken } from './texts';

const SHARE = 'M3 5h18v11H3zM8 20h8M12 16v4M12 13V8M9.5 10.5L12 8l2.5 2.5';

/** What the panel shows in one state. More stands between text and actions; the title is the phase's unless given. */
type View = [actions: Action[], text?: string, more?: Node, title?: Text];

type Action = [label: Text, act: () => void, kind?: 'main' | 'stop'];

export interface Panel {
  open(): void;
  toggle(): void;
  /** Shows the session's state; with news, although the panel may be closed. */
  draw(news?: unknown): void;
}

export function makePanel(root: ShadowRoot, session: Session, settings: WidgetSettings): Panel {
  const { language, say } = choose();
  const status = h('div', { class: 'hidden', role: 'status' });
  const heading = h('h2', { id: 'title', tabindex: '-1' });
  const content = h('div', { class: 'content' });
  const cross = button('close', close, '\u00d7');
  cross.setAttribute('aria-label', say(Text.close));
  const dir = getComputedStyle(document.documentElement).direction;
  const panel = h('section', { dir, id: 'panel', role: 'dialog', 'aria-labelledby': 'title' }, h('header', {}, heading, cross), content);
  const label = h('span');
  const help = button('help', toggle, icon(SHARE), label);
  help.dir = dir;
  help.setAttribute('aria-controls', 'panel');
  help.hidden = Boolean(settings.none);
  // In this order for the keyboard too: from the button, Shift+Tab goes into the panel.
  root.append(h('div', { class: 'root', lang: language }, panel, status, help));

  /** What had the focus when the panel was opened. */
  let opener: HTMLElement | undefined;
  let shown: string | undefined;

  /** Focuses the action that comes next, or the heading where there is none. */
  const focusAction = (): void => (content.querySelector('button') ?? heading).focus();

  function show(visible: boolean): void {
    panel.hidden = !visible;
    help.setAttribute('aria-expanded', String(visible));
  }

  function open(): void {
    if (!panel.hidden) return;
    opener = document.activeElement as HTMLElement;
    show(true);
    focusAction();
  }

  function close(): void {
    const inside = root.activeElement;
    show(false);
    session.dismiss();
    if (inside) {
      help.focus();
      opener?.focus(); // where it does not take it, being gone or the body, the button has it
    }
  }

  function toggle(): void {
    if (panel.hidden) open();
    else close();
  }

  function draw(news?: unknown): void {
    if (news) show(true); // the focus stays where it is
    const { phase, sharing, pin, video } = session.state;
    help.classList.toggle('live', sharing);
    label.textContent = sharing ? say(Text.sharing) : settings.label || say(Text.help);

    // The titles are the first texts, in the order of the phases.
    const [actions, text = '', more = '', title = phase as number as Text] = view();
    const key = title + text + pin + !video;
    if (key === shown) return;
    shown = key;
    const focused = content.contains(root.activeElement);
    heading.textContent = say(title);
    const buttons = actions.map(([name, act, kind = '']) => button(kind, act, say(name)));
    content.replaceChildren(text && h('p', { class: phase === Phase.failed ? 'failed' : '' }, text), more, ...buttons);
    if (focused) focusAction();
    // Said aloud, unless it is only the invitation.
    const number = pin && phase === Phase.waiting ? ': ' + spoken(pin) : '';
    status.textContent = phase ? `${say(title)}${number}. ${text}${video ? ` ${say(Text.video)}` : ''}` : '';
  }

  function view(): View {
    const { phase, pin, agent, failure, sharing, video } = session.state;
    const stop: Action = [Text.stop, session.end, 'stop'];
    const start: Action = [Text.start, session.start, 'main'];
    const busy = h('div', { class: 'busy' });
    switch (phase) {
      case Phase.starting:
        return [[[Text.cancel, () => (session.end(), session.dismiss())]], '', busy];
      case Phase.waiting:
        // Zoom may say that the session began before it says with which PIN.
        return pin ? [[stop], say(Text.pin), digits(pin)] : [[stop], '', busy, Text.startingTitle];
      case Phase.live:
        return [video ? [[Text.video, video, 'main'], stop] : [stop], agent ? say(agent) : ''];
      case Phase.reconnecting:
        return [[stop], '', busy];
      case Phase.ended:
        return [[start], say(Text.ended)];
      case Phase.failed: {
        const { cause, code } = failure!;
        const actions: Action[] = cause === Text.refused ? [] : [[Text.retry, session.retry, 'main']];
        if (sharing) actions.push(stop);
        return [actions, say(cause) + (code && ` (${code})`)];
      }
      default:
        return [[start], say(Text.idle)];
    }
  }

  // What is typed here is not meant for the page, which may have shortcuts.
  for (const type of ['keydown', 'keyup', 'keypress']) {
    root.addEventListener(type, (e) => {
      e.stopPropagation();
      if (type === 'keydown' && (e as KeyboardEvent).key === 'Escape' && !panel.hidden) close();
    });
  }
  show(false);
  draw();
  return { open, toggle, draw };
}

/** Large digits for the eye, single ones for the ear. */
function digits(pin: string): HTMLElement {
  const seen = h('span', { 'aria-hidden': 'true', class: 'digits', dir: 'ltr' }, ...groups(pin).map((g) => h('span', {}, g)));
  return h('p', { class: 'pin' }, seen, h('span', { class: 'hidden' }, spoken(pin)));
}
