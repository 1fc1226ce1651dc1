// Elements by id, and new ones without markup.

export const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

/** Makes an element with a class and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const el = document.createElement(name);
  if (className) el.className = className;
  el.append(...children);
  return el;
}

/** Writes text where it differs, so that neither layout nor a screen reader is disturbed for nothing. */
export function write(el: HTMLElement, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

/** Writes parts with dots between them, each with a direction of its own. */
export function writeParts(el: HTMLElement, parts: string[]): void {
  const shown = parts.filter(Boolean);
  if (el.textContent === shown.join(' \u00b7 ')) return;
  el.replaceChildren(...shown.flatMap((part, i) => (i ? [' \u00b7 ', h('bdi', '', part)] : [h('bdi', '', part)])));
}

/** Says something to those who listen rather than look. */
export function announce(text: string): void {
  const news = $('news');
  // The same words again are news again.
  news.textContent = news.textContent === text ? text + '\u00a0' : text;
}
