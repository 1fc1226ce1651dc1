// Elements, made without markup: no innerHTML, so that Trusted Types have
// nothing to object to, and no style attribute, so that no policy has.

/** Makes an element with attributes and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const el = document.createElement(name);
  for (const key in attributes) el.setAttribute(key, attributes[key]!);
  el.append(...children);
  return el;
}

/** Makes a button. In a shadow root it is no form's, so it submits nothing. */
export function button(kind: string, act: () => void, ...children: (Node | string)[]): HTMLButtonElement {
  const el = h('button', { class: kind }, ...children);
  el.onclick = act;
  return el;
}

/** A decorative icon of 24 by 24 out of one stroked path. */
export function icon(path: string): SVGElement {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const line = document.createElementNS(ns, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}
