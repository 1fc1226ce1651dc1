// The loader: what the tag in every page runs. It decides whether this window
// shows the button and, once the page itself has been parsed, loads the widget. It
// defines no global name, leaves no trace where it does nothing, and never
// talks to anybody but the site.

import { chosen, whenSettled } from './frames';
import { TAG, type Carrier, type Handoff, type ScriptURL } from './handoff';
import { mayResume, remember, type Mark } from './live';
import { makeRoom } from './room';
import type { LoaderSettings } from './settings';

declare const __COBROWSE_LOADER__: LoaderSettings;
const settings = __COBROWSE_LOADER__;

// Both must be read now: after this task currentScript is null.
const tag = document.currentScript as HTMLScriptElement | null;
const nonce = tag?.nonce ?? '';

if (tag && 'adoptedStyleSheets' in Document.prototype) {
  // By the tag's own URL, and that by its attribute: what tag.src says follows a
  // <base> that the parser has met since, though the script was fetched without.
  const base = new URL('.', new URL(tag.getAttribute('src')!, location.origin)).href;
  whenShown(() => whenParsed(() => whenSettled(() => begin(base))));
}

function begin(base: string): void {
  if (chosen()) {
    const mark = mayResume(settings.multiTab);
    if (mark) load(base, mark);
    else whenIdle(() => load(base));
  } else if (window.top !== window) {
    // Frames change places when somebody drags the border between them.
    addEventListener('resize', () => chosen() && load(base));
  }
}

/** Loads the widget, once for a window however often a loader runs in it. */
function load(base: string, mark?: Mark): void {
  if (customElements.get(TAG) || document.querySelector('script[data-cobrowse]')) return;
  const widget = base + settings.widget;
  const sdk = new URL(settings.sdk, base).href;
  const trust = policy([widget, sdk]);
  const script: Carrier = document.createElement('script');
  const handoff: Handoff = {
    base,
    nonce,
    sdk: trust(sdk),
    chosen,
    mark,
    remember: (record) => remember(settings.multiTab, record),
    room: (id, part) => makeRoom(base, id, part),
  };
  script.cobrowse = handoff;
  script.dataset['cobrowse'] = '';
  script.nonce = nonce;
  try {
    script.src = trust(widget) as string;
  } catch {
    return; // Trusted Types are required and our policy is not allowed
  }
  (document.head ?? document.documentElement).append(script);
}

/** The one Trusted Types policy, which knows two URLs. */
function policy(urls: string[]): (url: string) => ScriptURL {
  const types = (window as { trustedTypes?: TrustedTypes }).trustedTypes;
  try {
    const p = types?.createPolicy('cobrowse-loader', {
      createScriptURL: (url) => {
        if (urls.includes(url)) return url;
        throw new TypeError(url);
      },
    });
    if (p) return (url) => p.createScriptURL(url);
  } catch {
    // The page allows no policy of this name; it may still allow strings.
  }
  return (url) => url;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): object };
}

/** A page that is rendered ahead of time must not take over a session. */
function whenShown(then: () => void): void {
  if ((document as { prerendering?: boolean }).prerendering) {
    document.addEventListener('prerenderingchange', then, { once: true });
  } else then();
}

function whenParsed(then: () => void): void {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', then, { once: true });
  else then();
}

/** The site's own work goes first. */
function whenIdle(then: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(then, { timeout: 2000 });
  else setTimeout(then, 200);
}
