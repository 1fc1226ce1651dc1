// Which elements must not be seen. Decided here, in the customer's browser, so
// that what is masked never leaves it. In doubt the answer is "masked".

import type { MaskSettings } from './settings';

/** Never shared, whatever the settings say. */
const ALWAYS = 'input[type="password" i],input[type="hidden" i]';

/** What a person can type or choose, with what they can choose from. */
const ALL_INPUT =
  'input,textarea,select,option,optgroup,datalist,output,[contenteditable]:not([contenteditable="false" i]),' +
  '[role="textbox" i],[role="searchbox" i],[role="combobox" i],[role="listbox" i],[role="spinbutton" i],[role="slider" i]';

export class Mask {
  private readonly selector: string;
  /** Fields that were for passwords once, though they show them now. */
  private readonly passwords = new WeakSet<Element>();

  constructor(settings: MaskSettings) {
    const parts = [ALWAYS];
    if (settings.allInput) parts.push(ALL_INPUT);
    if (settings.selectors.trim()) parts.push(usable(settings.selectors));
    for (const pair of settings.attributes.split(',')) if (pair.trim()) parts.push(usable(byAttribute(pair.trim())));
    this.selector = parts.join(',');
  }

  /** Whether an element is masked by itself, whatever is around it. */
  matches(el: Element): boolean {
    if (this.passwords.has(el)) return true;
    if ((el as Partial<HTMLInputElement>).type === 'password') this.passwords.add(el);
    return el.matches(this.selector);
  }

  /** Whether a node is masked, by itself or by anything around it. */
  covers(node: Node | null): boolean {
    let at: Node | null = node;
    while (at) {
      if (at.nodeType === Node.ELEMENT_NODE && this.matches(at as Element)) return true;
      if (at.nodeType === Node.DOCUMENT_NODE) {
        const frame = frameOf(at as Document);
        if (frame === undefined) return true;
        at = frame;
      } else {
        const up: Node | null = at.parentNode ?? (at as Partial<ShadowRoot>).host ?? null;
        if (!up) return true; // not in a document: nobody can tell
        at = up;
      }
      if (at === null) return false; // the top document
    }
    return true;
  }
}

/** The element around a document: null for the page's own, undefined if unknown. */
function frameOf(doc: Document): Element | null | undefined {
  if (doc === document) return null;
  try {
    return doc.defaultView?.frameElement ?? undefined;
  } catch {
    return undefined;
  }
}

/** A selector that works, or one that masks everything: a fault must not share. */
function usable(selector: string): string {
  try {
    document.querySelector(selector);
    return selector;
  } catch {
    console.error(`cobrowse sandbox: piiMask: "${selector}" is no selector, so the whole page is masked`);
    return '*';
  }
}

function byAttribute(pair: string): string {
  const [name = '', ...rest] = pair.split('=');
  if (rest.length === 0) return `[${CSS.escape(name.trim())}]`;
  return `[${CSS.escape(name.trim())}="${CSS.escape(rest.join('=').trim())}"]`;
}

const DOT = '\u2022';

/** Text of the same shape without its letters. */
export const maskText = (text: string): string => text.replace(/\S/gu, DOT);

/** What every option of a masked list says, so that none can be told. */
export const MASKED_OPTION = DOT.repeat(6);
