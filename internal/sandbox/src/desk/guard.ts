// The desk's gate. What arrives was recorded by somebody else's browser, which may
// say anything. The frame that shows it runs no script and the desk's policy
// allows none; this is the wall before those two: only known kinds of events
// pass, without elements and attributes that run, load or lead anywhere.

interface Wild {
  [member: string]: unknown;
}

export interface ReplayEvent {
  type: number;
  data: Wild;
  timestamp: number;
}

const FULL_SNAPSHOT = 2;
const INCREMENTAL = 3;
const META = 4;
const MUTATION = 0;
/** Not canvas commands (9), which name constructors; not fonts, logs and plugins. */
const SOURCES = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 15]);
const NODE_TYPES = new Set([0, 1, 2, 3, 4, 5]);
const TAG = /^[a-z][\w:.-]*$/i;
const NAME = /^[a-z_:][\w:.-]*$/i;
const DANGEROUS = /^(script|object|embed|applet|base|frame|frameset|portal|fencedframe)$/i;
const FORBIDDEN = /^(on.*|srcdoc|http-equiv|ping|formaction|action|target|download|rr_src|nonce|autofocus)$/i;
const LOCATION = /^(href|src|xlink:href|poster|background|data)$/i;
/** Depth of a tree: deeper ones are an attack on the stack. */
const DEEPEST = 400;

const isObject = (v: unknown): v is Wild => typeof v === 'object' && v !== null && !Array.isArray(v);
const list = (v: unknown): Wild[] => (Array.isArray(v) ? v.filter(isObject) : []);

/** Returns the event as it may be shown, or undefined. */
export function guard(raw: unknown): ReplayEvent | undefined {
  if (!isObject(raw) || !isObject(raw['data'])) return undefined;
  const data = raw['data'];
  const timestamp = Date.now(); // the customer's clock is not ours
  switch (raw['type']) {
    case META:
      return { type: META, data: { href: '', width: size(data['width']), height: size(data['height']) }, timestamp };
    case FULL_SNAPSHOT: {
      const node = tree(data['node'], 0);
      return node && { type: FULL_SNAPSHOT, data: { node, initialOffset: offset(data['initialOffset']) }, timestamp };
    }
    case INCREMENTAL:
      if (!SOURCES.has(data['source'] as number)) return undefined;
      if (data['source'] === MUTATION) return { type: INCREMENTAL, data: mutation(data), timestamp };
      if (data['source'] === 4) return { type: INCREMENTAL, data: { source: 4, width: size(data['width']), height: size(data['height']) }, timestamp };
      return { type: INCREMENTAL, data, timestamp };
    default:
      return undefined;
  }
}

const size = (v: unknown): number => Math.min(10_000, Math.max(1, Math.round(Number(v)) || 1));

function offset(v: unknown): Wild {
  const o = isObject(v) ? v : {};
  return { left: Number(o['left']) || 0, top: Number(o['top']) || 0 };
}

function mutation(d: Wild): Wild {
  return {
    source: MUTATION,
    isAttachIframe: d['isAttachIframe'] === true,
    removes: list(d['removes']),
    texts: list(d['texts']),
    attributes: list(d['attributes']).map((a) => ({ id: a['id'], attributes: attributes(a['attributes']) })),
    adds: list(d['adds']).flatMap((a) => {
      const node = tree(a['node'], 0);
      return node ? [{ ...a, node }] : [];
    }),
  };
}

function tree(n: unknown, depth: number): Wild | undefined {
  if (!isObject(n) || !NODE_TYPES.has(n['type'] as number) || depth > DEEPEST) return undefined;
  const out: Wild = { ...n };
  if (n['type'] === 2) {
    const tag = String(n['tagName']);
    out['tagName'] = DANGEROUS.test(tag) || !TAG.test(tag) ? 'noscript' : tag;
    out['attributes'] = attributes(n['attributes'], tag.toLowerCase());
  }
  if ('childNodes' in n) {
    out['childNodes'] = list(n['childNodes'])
      .map((c) => tree(c, depth + 1))
      .filter((c) => c !== undefined);
  }
  return out;
}

function attributes(from: unknown, tag = ''): Wild {
  const out: Wild = {};
  if (!isObject(from)) return out;
  for (const [name, value] of Object.entries(from)) {
    if (FORBIDDEN.test(name) || !NAME.test(name)) continue;
    if (tag === 'iframe' && /^src$/i.test(name)) continue;
    if (LOCATION.test(name) && typeof value === 'string' && !harmless(value)) continue;
    // Of links only style sheets are of use; others fetch ahead.
    if (tag === 'link' && name === 'rel' && value !== 'stylesheet') continue;
    out[name] = value;
  }
  return out;
}

/** Control characters hide in "java\nscript:", so they are taken out first. */
function harmless(url: string): boolean {
  const plain = url.replace(/[\u0000-\u0020]/g, '');
  return !/^[a-z][a-z0-9+.-]*:/i.test(plain) || /^(https?:|blob:|data:(image|font|audio|video)\/)/i.test(plain);
}
