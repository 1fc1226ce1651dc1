// Elements without innerHTML, which Trusted Types forbid.

type Child = Node | string;
type Props = Record<string, string | boolean | ((e: Event) => void)>;

/** Makes an element. Functions are listeners, true is an empty attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') el.addEventListener(name, value);
    else if (value !== false) el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children);
  return el;
}

export const SVG = 'http://www.w3.org/2000/svg';

/** Makes an SVG element. Presentation attributes need no style-src. */
export function svg<K extends keyof SVGElementTagNameMap>(tag: K, props: Record<string, string> = {}): SVGElementTagNameMap[K] {
  const el = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) el.setAttribute(name, value);
  return el;
}
