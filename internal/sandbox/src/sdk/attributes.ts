// Which attributes leave the customer's browser. Within a masked element only
// those that shape the page; elsewhere all but those that run something, lead
// somewhere or hold what nobody sees.

/** All that a masked element may have. */
const SHAPE = new Set(
  ('class type width height rows cols size colspan rowspan span align valign border cellpadding cellspacing bgcolor ' +
    'dir lang hidden disabled readonly multiple open rr_width rr_height rr_scrollLeft rr_scrollTop rr_open_mode _cssText').split(' '),
);

/** Never, on any element. */
const NEVER =
  /^(on.*|srcdoc|nonce|integrity|ping|action|formaction|cite|manifest|download|target|http-equiv|data|code|codebase|archive|classid|content|autofocus|crossorigin|is|rr_src|rr_dataURL)$/i;

/** The elements whose value a page shows. */
const HAS_VALUE = new Set(['input', 'textarea', 'select', 'option', 'li', 'progress', 'meter']);

/** Kinds of fields that would refuse dots for a value. */
const STRICT_TYPES = /^(date|datetime-local|month|week|time|number|range|color|file|email|url)$/i;

export type Value = string | number | boolean | null | Record<string, unknown>;

/** Returns an attribute's value as it may be shared, or undefined. */
export function share(tag: string, name: string, value: Value, masked: boolean): Value | undefined {
  if (NEVER.test(name)) return name === 'content' && /^width=/.test(String(value)) ? value : undefined;
  if (masked) return shareMasked(tag, name, value);
  switch (name) {
    case 'value':
    case 'checked':
    case 'selected':
      return HAS_VALUE.has(tag) ? value : undefined;
    case 'href':
    case 'xlink:href':
      return typeof value === 'string' ? link(tag, value) : value;
    case 'src':
      return tag === 'iframe' || tag === 'embed' || tag === 'script' || tag === 'frame' || !harmless(String(value)) ? undefined : value;
    default:
      return value;
  }
}

function shareMasked(tag: string, name: string, value: Value): Value | undefined {
  if (name === 'style') return plainStyle(value);
  if (!SHAPE.has(name)) return undefined;
  if (name === '_cssText') return tag === 'style' || tag === 'link' ? value : undefined; // the site's, nobody's data
  if (name === 'type' && tag === 'input' && STRICT_TYPES.test(String(value))) return 'text';
  return value;
}

/** A link without what may be private, since nobody follows it at the desk. */
function link(tag: string, value: string): string | undefined {
  if (tag !== 'a' && tag !== 'area') return value.startsWith('#') || harmless(value) ? value : undefined;
  return /^https?:/i.test(value) ? value.replace(/[?#].*$/s, '') : undefined;
}

const harmless = (url: string): boolean => /^(https?:|blob:|data:(image|font|audio|video)\/)/i.test(url.trim()) || !/^[a-z][a-z0-9+.-]*:/i.test(url.trim());

/** A style attribute without pictures, texts and variables. */
function plainStyle(value: Value): Value | undefined {
  const plain = (name: string, v: string): boolean => !name.startsWith('--') && !/url\(|image-set\(|["'\\]/i.test(v);
  if (typeof value === 'string') {
    return value
      .split(';')
      .filter((d) => plain(d.trim(), d))
      .join(';');
  }
  if (value === null || typeof value !== 'object') return undefined;
  return Object.fromEntries(Object.entries(value).filter(([name, v]) => plain(name, String(Array.isArray(v) ? v[0] : v))));
}

/** The page's address as an agent may know it. */
export const pageAddress = (): string => location.origin + location.pathname;
