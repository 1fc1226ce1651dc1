// The agent's desk: fetches an agent token and opens Zoom's own desk with it
// in a frame. Zoom takes the token in the URL only, so the URL is made here and given to
// nobody but the frame.

import type { DeskSettings } from './settings';
import { fetchAccess, Refusal } from './token';
import { BLOCKED, explain, SLOW, type Words } from './words';

declare const __COBROWSE_DESK__: DeskSettings;
const settings = __COBROWSE_DESK__;

/** What Zoom's documentation lets the frame do, narrowed from everybody to Zoom. */
const FEATURES = ['autoplay', 'camera', 'microphone', 'display-capture', 'geolocation'];
/** How long Zoom's desk may load before we say that it is slow. */
const PATIENCE = 20_000;
/** How long before its end a token counts as expired: joining takes a while. */
const MARGIN = 60_000;

const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const stage = $('stage');
const card = $('card');
const retry = $('retry');
const reload = $('reload');
const notice = $('notice');

let frame: HTMLIFrameElement | undefined;
let expires = Infinity;
let slow = 0;
let attempt = 0;

async function open(): Promise<void> {
  const mine = ++attempt;
  close();
  say('Opening the desk', 'Asking for your access to Zoom.');
  try {
    const access = await fetchAccess(settings);
    if (mine !== attempt) return;
    expires = access.expires;
    $('who').textContent = access.name && `Signed in as ${access.name}`;
    say('Opening the desk', "Loading Zoom's desk.");
    show(access.token);
  } catch (e) {
    if (mine === attempt) fail(explain(e instanceof Refusal ? e : new Refusal(0)));
  }
}

function close(): void {
  clearTimeout(slow);
  frame?.remove();
  frame = undefined;
  expires = Infinity;
  notice.hidden = true;
  reload.hidden = true;
}

/** Puts Zoom's desk into a new frame: a new src for an old one would be a step in the history. */
function show(token: string): void {
  const f = document.createElement('iframe');
  frame = f;
  f.title = "Zoom's cobrowse desk";
  f.allow = FEATURES.map((feature) => `${feature} ${settings.origin}`).join('; ');
  f.referrerPolicy = 'strict-origin';
  f.className = 'loading'; // laid out but not seen, behind the card
  f.addEventListener('load', () => ready(f));
  f.src = `${settings.zoom}/sdkapi/zcb/frame-templates/desk?access_token=${encodeURIComponent(token)}`;
  slow = setTimeout(() => fail(SLOW), PATIENCE);
  stage.append(f);
}

function ready(f: HTMLIFrameElement): void {
  if (f !== frame) return;
  clearTimeout(slow);
  f.className = '';
  card.hidden = true;
  reload.hidden = false;
  stage.removeAttribute('aria-busy');
  if (document.activeElement === document.body) f.focus();
}

function say(title: string, text: string): void {
  card.hidden = false;
  card.className = '';
  retry.hidden = true;
  stage.setAttribute('aria-busy', 'true');
  $('title').textContent = title;
  $('text').textContent = text;
}

function fail({ title, text, action }: Words): void {
  clearTimeout(slow);
  say(title, text);
  card.className = 'failed';
  stage.removeAttribute('aria-busy');
  retry.textContent = action;
  retry.onclick = () => (action === 'Reload page' ? location.reload() : void open());
  retry.hidden = false;
  retry.focus();
}

/** A token that has ended lets nobody join any more; a session that is open goes on. */
function checkExpiry(): void {
  if (frame && Date.now() > expires - MARGIN) notice.hidden = false;
}

reload.addEventListener('click', () => void open());
$('renew').addEventListener('click', () => void open());
document.addEventListener('securitypolicyviolation', (e) => {
  if (frame && e.disposition === 'enforce' && e.effectiveDirective === 'frame-src') {
    close();
    fail(BLOCKED);
  }
});
// A timer alone would sleep when the computer does.
setInterval(checkExpiry, 10_000);
document.addEventListener('visibilitychange', checkExpiry);
void open();
