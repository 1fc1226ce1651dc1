// A note beside what the agent did: why it failed, and when to try again.

import { h } from './dom';

const timers = new WeakMap<HTMLElement, number>();

export function clear(note: HTMLElement): void {
  clearInterval(timers.get(note));
  note.hidden = true;
  note.replaceChildren();
}

/** Shows text; with seconds to wait it counts down, and says when they are over. */
export function show(note: HTMLElement, text: string, wait = 0, over?: () => void): void {
  clear(note);
  note.hidden = false;
  if (!wait) {
    note.append(text);
    return;
  }
  const seconds = h('span');
  // Seen every second, heard once.
  seconds.setAttribute('aria-hidden', 'true');
  note.append(`${text} Try again in `, seconds, h('span', 'unseen', `${wait} s`), '.');
  const until = Date.now() + wait * 1000;
  const tick = (): void => {
    const left = Math.ceil((until - Date.now()) / 1000);
    seconds.textContent = `${Math.max(left, 1)} s`;
    if (left > 0) return;
    clear(note);
    note.hidden = false;
    note.append('You can try again now.');
    over?.();
  };
  timers.set(note, setInterval(tick, 250));
  tick();
}
