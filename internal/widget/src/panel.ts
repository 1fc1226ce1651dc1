// What the customer sees: the button and the panel, drawn from the state.

import { button, h, icon } from './dom';
import type { Session } from './session';
import type { WidgetSettings } from './settings';
import { choose, groups, spoken } from './texts';

const CLOSE = 'M6 6l12 12M18 6L6 18';
const SHARE = 'M3 5h18v11H3zM8 20h8M12 16v4M12 13V8M9.5 10.5L12 8l2.5 2.5';

/** What the panel shows in one state. */
interface View {
  title: string;
  text?: string;
  /** Between text and actions. */
  more?: Node | undefined;
  actions: Action[];
}

type Action = [label: string, act: () => void, kind?: 'main' | 'stop'];

export interface Panel {
  open(): void;
  toggle(): void;
  /** Shows the session's state. */
  draw(): void;
}

export function makePanel(root: ShadowRoot, session: Session, settings: WidgetSettings): Panel {
  const { language, say } = choose();
  const status = h('div', { class: 'hidden', role: 'status' });
  const heading = h('h2', { id: 'title', tabindex: '-1' });
  const content = h('div', { class: 'content' });
  const cross = button('close', close, icon(CLOSE));
  cross.setAttribute('aria-label', say('close'));
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
    const active = document.activeElement;
    opener = active instanceof HTMLElement && active !== document.body && active !== root.host ? active : help;
    show(true);
    focusAction();
  }

  function close(): void {
    const inside = root.activeElement;
    show(false);
    session.dismiss();
    if (inside) (opener?.isConnected ? opener : help).focus();
  }

  function toggle(): void {
    if (panel.hidden) open();
    else close();
  }

  function draw(): void {
    const { phase, sharing, pin } = session.state;
    help.classList.toggle('live', sharing);
    label.textContent = sharing ? say('sharing') : settings.label || say('help');

    const { title, text = '', more, actions } = view();
    const key = [phase, title, text, pin].join('\n');
    if (key === shown) return;
    shown = key;
    const focused = content.contains(root.activeElement);
    heading.textContent = title;
    const buttons = actions.map(([name, act, kind = '']) => button(kind, act, name));
    content.replaceChildren(...(text ? [h('p', { class: phase }, text)] : []), ...(more ? [more] : []), ...buttons);
    if (focused) focusAction();
    // Said aloud, unless it is only the invitation.
    const number = pin && phase === 'waiting' ? ': ' + spoken(pin) : '';
    status.textContent = phase === 'idle' ? '' : `${title}${number}. ${text}`;
  }

  function view(): View {
    const { phase, pin, agent, failure, sharing } = session.state;
    const stop: Action = [say('stop'), session.end, 'stop'];
    const start: Action = [say('start'), session.start, 'main'];
    switch (phase) {
      case 'starting':
        return { title: say('startingTitle'), more: busy(), actions: [[say('cancel'), () => (session.end(), session.dismiss())]] };
      case 'waiting':
        // Zoom may say that the session began before it says with which PIN.
        if (!pin) return { title: say('startingTitle'), more: busy(), actions: [stop] };
        return { title: say('pinTitle'), text: say('pin'), more: digits(pin), actions: [stop] };
      case 'live':
        return { title: say('liveTitle'), text: say(agent ?? 'live'), actions: [stop] };
      case 'reconnecting':
        return { title: say('againTitle'), more: busy(), actions: [stop] };
      case 'ended':
        return { title: say('endedTitle'), text: say('ended'), actions: [start] };
      case 'failed': {
        const { cause, code } = failure!;
        const actions: Action[] = cause === 'refused' ? [] : [[say('retry'), session.retry, 'main']];
        if (sharing) actions.push(stop);
        return { title: say('failedTitle'), text: say(cause) + (code && ` (${code})`), actions };
      }
      default:
        return { title: say('idleTitle'), text: say('idle'), actions: [start] };
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

const busy = (): HTMLElement => h('div', { class: 'busy' });

/** Large digits for the eye, single ones for the ear. */
function digits(pin: string): HTMLElement {
  const seen = h('span', { 'aria-hidden': 'true', class: 'digits', dir: 'ltr' }, ...groups(pin).map((g) => h('span', {}, g)));
  return h('p', { class: 'pin' }, seen, h('span', { class: 'hidden' }, spoken(pin)));
}
