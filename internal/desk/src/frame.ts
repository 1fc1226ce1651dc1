// Zoom's own desk in a frame. Zoom takes the token in the URL only, so the URL
// is made here and given to nobody but the frame.

import { settings } from './api';
import { $ } from './dom';
import { BLOCKED, LOADING, SLOW, type Words } from './words';

/** What Zoom's documentation lets the frame do, narrowed from everybody to Zoom. */
const FEATURES = ['autoplay', 'camera', 'microphone', 'display-capture', 'geolocation'];
/** How long Zoom's desk may load before we say that it is slow. */
const PATIENCE = 20_000;
/** How long before its end a token counts as expired: joining takes a while. */
const MARGIN = 60_000;
/** How long a token lives that doesn't say: Zoom's minimum. */
const LIFETIME = 1_800_000;

const view = $('view');
const card = $('card');
const retry = $('retry');
const expired = $('expired');

let frame: HTMLIFrameElement | undefined;
let expires = Infinity;
let slow = 0;

/** Shows Zoom's desk for a token. It is always a new frame: a new src for an old one would be a step in the history. */
export function load(token: string): void {
  unload();
  expires = expiry(token);
  const f = document.createElement('iframe');
  frame = f;
  f.title = "Zoom's cobrowse desk";
  f.allow = FEATURES.map((feature) => `${feature} ${settings.origin}`).join('; ');
  f.referrerPolicy = 'strict-origin';
  if (settings.frame && self !== top) f.setAttribute(settings.frame, ''); // before src: it counts for what is loaded after it
  f.className = 'loading'; // laid out but not seen, behind the card
  f.addEventListener('load', () => ready(f));
  f.src = `${settings.zoom}/sdkapi/zcb/frame-templates/desk?access_token=${encodeURIComponent(token)}`;
  say(LOADING);
  slow = setTimeout(() => fail(SLOW), PATIENCE);
  view.append(f);
}

export function unload(): void {
  clearTimeout(slow);
  frame?.remove();
  frame = undefined;
  expires = Infinity;
  expired.hidden = true;
}

export const focus = (): void => frame?.focus();

function ready(f: HTMLIFrameElement): void {
  if (f !== frame) return;
  clearTimeout(slow);
  f.className = '';
  card.hidden = true;
  view.removeAttribute('aria-busy');
}

function say({ title, text }: Words): void {
  card.hidden = false;
  card.className = '';
  retry.hidden = true;
  view.setAttribute('aria-busy', 'true');
  $('title').textContent = title;
  $('text').textContent = text;
}

function fail(words: Words): void {
  clearTimeout(slow);
  say(words);
  card.className = 'failed';
  view.removeAttribute('aria-busy');
  retry.hidden = false;
  retry.focus();
}

/** Reads when a token ends, without judging it: that is Zoom's work. */
function expiry(token: string): number {
  try {
    const part = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const { iat, exp } = JSON.parse(atob(part)) as { iat?: unknown; exp?: unknown };
    // By its length rather than its end, where it tells: this clock may be wrong.
    if (typeof exp === 'number') return typeof iat === 'number' ? Date.now() + (exp - iat) * 1000 : exp * 1000;
  } catch {
    // Not as we know tokens.
  }
  return Date.now() + LIFETIME;
}

/** A token that has ended lets nobody join any more; a session that is open goes on. */
function checkExpiry(): void {
  if (frame && Date.now() > expires - MARGIN) expired.hidden = false;
}

document.addEventListener('securitypolicyviolation', (e) => {
  if (frame && e.disposition === 'enforce' && e.effectiveDirective === 'frame-src') {
    unload();
    fail(BLOCKED);
  }
});
// A timer alone would sleep when the computer does.
setInterval(checkExpiry, 10_000);
document.addEventListener('visibilitychange', checkExpiry);
