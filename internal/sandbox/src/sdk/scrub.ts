// The gate that everything recorded passes on its way out. rrweb's own masking
// has holes (hidden inputs, placeholders, attributes, option values), so it is
// switched off, and this alone decides: an event of a kind that is not known
// here does not pass.

import { Mask, MASKED_OPTION, maskText } from './mask';
import { pageAddress, share, type Value } from './attributes';

/** rrweb's record of a node, as far as it is looked at. */
interface Node_ {
  type: number;
  id: number;
  tagName?: string;
  attributes?: Record<string, Value>;
  childNodes?: Node_[];
  textContent?: string;
  isStyle?: boolean;
}

export interface RecordedEvent {
  type: number;
  data: Record<string, unknown>;
  timestamp: number;
}

interface Mirror {
  getNode(id: number): Node | null;
}

// rrweb's numbers.
const FULL_SNAPSHOT = 2;
const INCREMENTAL = 3;
const META = 4;
const ELEMENT = 2;
const TEXT = 3;
const COMMENT = 5;
const Source = { mutation: 0, mouseMove: 1, mouseInteraction: 2, scroll: 3, resize: 4, input: 5, touchMove: 6, media: 7, rule: 8, declaration: 13, adopted: 15 };

/** Not instanceof: elements of frames have constructors of their own. */
const isElement = (node: Node | null): node is Element => node?.nodeType === Node.ELEMENT_NODE;

export class Scrubber {
  /** What was said of an element the last time. */
  private readonly told = new WeakMap<Node, boolean>();

  /** changed is called when an element's mask comes or goes while it is shown. */
  constructor(
    private readonly mask: Mask,
    private readonly mirror: Mirror,
    private readonly changed: () => void,
  ) {}

  /** Returns what may be shared of an event, or undefined. */
  scrub(e: RecordedEvent): RecordedEvent | undefined {
    const { type, timestamp } = e;
    let data: Record<string, unknown> | undefined;
    if (type === META) data = { href: pageAddress(), width: e.data['width'], height: e.data['height'] };
    else if (type === FULL_SNAPSHOT) data = { node: this.tree(e.data['node'] as Node_, false), initialOffset: e.data['initialOffset'] };
    else if (type === INCREMENTAL) data = this.incremental(e.data);
    return data && { type, data, timestamp };
  }

  private covered(id: unknown): boolean {
    return this.mask.covers(this.mirror.getNode(id as number));
  }

  private incremental(d: Record<string, unknown>): Record<string, unknown> | undefined {
    switch (d['source']) {
      case Source.mutation:
        return this.mutation(d);
      case Source.input:
        return this.input(d);
      case Source.mouseMove:
      case Source.touchMove: {
        // On a keypad of one's own, where the mouse is tells what is typed.
        const positions = (d['positions'] as { id: number }[]).filter((p) => !this.covered(p.id));
        return positions.length ? { ...d, positions } : undefined;
      }
      case Source.mouseInteraction:
        return this.covered(d['id']) ? undefined : d;
      case Source.scroll:
      case Source.resize:
      case Source.media:
      case Source.rule:
      case Source.declaration:
      case Source.adopted:
        return d;
      default:
        return undefined;
    }
  }

  private input(d: Record<string, unknown>): Record<string, unknown> {
    const node = this.mirror.getNode(d['id'] as number);
    if (!this.mask.covers(node)) return d;
    const text = node?.nodeName === 'SELECT' ? MASKED_OPTION : maskText(String(d['text'] ?? ''));
    const toggle = /^(checkbox|radio|hidden)$/.test((node as Partial<HTMLInputElement> | null)?.type ?? '');
    return { source: Source.input, id: d['id'], text: toggle ? '' : text, isChecked: false };
  }

  private mutation(d: Record<string, unknown>): Record<string, unknown> {
    const list = <T>(name: string): T[] => (d[name] as T[] | undefined) ?? [];
    return {
      source: Source.mutation,
      isAttachIframe: d['isAttachIframe'],
      removes: list('removes'),
      texts: list<{ id: number; value: string | null }>('texts').map((t) => ({ id: t.id, value: this.text(t) })),
      attributes: list<{ id: number; attributes: Record<string, Value> }>('attributes').map((a) => ({ id: a.id, attributes: this.changedAttributes(a) })),
      adds: list<{ node: Node_ }>('adds').map((a) => ({ ...a, node: this.tree(a.node, this.covered(a.node.id)) })),
    };
  }

  private text(t: { id: number; value: string | null }): string | null {
    const node = this.mirror.getNode(t.id);
    if (t.value === null || node?.parentNode?.nodeName === 'TITLE') return '';
    if (!this.mask.covers(node)) return t.value;
    return node?.parentNode?.nodeName === 'OPTION' ? MASKED_OPTION : maskText(t.value);
  }

  private changedAttributes(a: { id: number; attributes: Record<string, Value> }): Record<string, Value> {
    const node = this.mirror.getNode(a.id);
    const masked = this.mask.covers(node);
    if (node && (this.told.get(node) ?? masked) !== masked) this.changed();
    return this.attributes(isElement(node) ? node.tagName.toLowerCase() : '', a.attributes, masked);
  }

  /** A subtree. Masked is what was decided for its root's surroundings. */
  private tree(n: Node_, masked: boolean): Node_ {
    const node = this.mirror.getNode(n.id);
    if (n.type === COMMENT) return { ...n, textContent: '' };
    if (n.type === TEXT) {
      const parent = node?.parentNode?.nodeName;
      const text = n.textContent ?? '';
      if (parent === 'TITLE') return { ...n, textContent: '' };
      if (!masked && node) return n;
      return { ...n, textContent: parent === 'OPTION' && text.trim() ? MASKED_OPTION : maskText(text) };
    }
    if (n.type !== ELEMENT) return { ...n, childNodes: this.children(n, masked) };
    const hidden = masked || !isElement(node) || this.mask.matches(node);
    if (node) this.told.set(node, hidden);
    const tag = n.tagName ?? '';
    return { ...n, attributes: this.attributes(tag, n.attributes ?? {}, hidden), childNodes: this.children(n, hidden) };
  }

  private children(n: Node_, masked: boolean): Node_[] {
    return (n.childNodes ?? []).map((c) => this.tree(c, masked));
  }

  private attributes(tag: string, from: Record<string, Value>, masked: boolean): Record<string, Value> {
    const out: Record<string, Value> = {};
    for (const [name, value] of Object.entries(from)) {
      const shared = share(tag, name, value, masked);
      if (shared !== undefined) out[name] = shared;
    }
    if (masked && typeof from['value'] === 'string' && (tag === 'input' || tag === 'textarea')) {
      const kind = String(from['type'] ?? '').toLowerCase();
      if (kind !== 'hidden' && kind !== 'radio' && kind !== 'checkbox') out['value'] = maskText(from['value']);
    }
    return out;
  }
}
