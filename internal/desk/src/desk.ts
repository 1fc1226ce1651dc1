// The agents' desk: who waits, on the left; Zoom's own desk for the one who was
// chosen, on the right. A side panel shows one of them at a time.

import { end, join, Refusal } from './api';
import { ask } from './ask';
import { setClock } from './clock';
import { $, write } from './dom';
import { List } from './list';
import { customerName, nameOf, quoted, type Listing } from './model';
import * as note from './note';
import type { Row } from './row';
import { OpenSession } from './session';
import { Stream } from './stream';
import { explain, lost, SIGNED_OUT } from './words';

/** How long typing in the search box may pause before it is searched. */
const TYPING = 350;
/** After a lost connection the proxy may have forgotten sessions, until their pages are heard of: a heartbeat is every 20 seconds. */
const RECOVERY = 45_000;
/** A PIN, without the spaces and hyphens that people read into it. */
const PIN = /^[A-Za-z0-9]{1,10}$/;

const title = document.title;
const pin = $<HTMLInputElement>('pin');
const search = $<HTMLInputElement>('search');
const submit = document.querySelector<HTMLButtonElement>('#join button')!;
const narrow = matchMedia('(max-width: 760px)');

let last: Listing | undefined;
let recovering = 0;
let joining = false;
let typing = 0;

const list = new List({ join: (row) => void choose(row), end: (row) => void endOf(row) });
const session = new OpenSession({ opened, closed, signedOut });
const stream = new Stream({ sessions, unavailable, signedOut, lost: (why) => interrupted(lost(why)) });

function sessions(listing: Listing): void {
  last = listing;
  setClock(listing.now);
  list.show(listing);
  list.stale(false);
  connection('live', 'Live');
  write($('who-name'), `${nameOf(listing.agent, 'agent')}${listing.supervisor ? ', supervisor' : ''}`);
  $('who').hidden = false;
  document.title = listing.waiting ? `(${listing.waiting}) ${title}` : title;
  follow();
}

/** Tells the open session what the list says of it. */
function follow(): void {
  if (!last) return;
  write($('toggle-text'), `Customers (${last.waiting})`);
  const found = list.find(session.id);
  if (found || (list.complete && Date.now() > recovering)) session.update(found, last.agent.id ?? '', last.supervisor);
  else $('end').hidden = !last.supervisor;
}

function connection(state: 'connecting' | 'live' | 'lost' | 'out', text: string): void {
  $('connection').dataset.state = state;
  write($('connection-text'), text);
}

function interrupted(text: string): void {
  recovering = Date.now() + RECOVERY;
  list.stale(true);
  connection('lost', text);
}

function unavailable(): void {
  list.stale(true);
  connection('lost', 'The list is not available, trying again');
}

/** The agent is one no longer: what customers told the site leaves the screen. */
function signedOut(): void {
  last = undefined;
  list.empty();
  document.title = title;
  connection('out', 'Signed out');
  $('who').hidden = true;
  write($('who-name'), '');
  write($('notice-text'), SIGNED_OUT);
  $('notice').hidden = false;
}

/** Joins, and tells why not in a note beside what the agent used. */
async function enter(what: { pin: string } | { id: string }, where: HTMLElement, busy: HTMLElement): Promise<boolean> {
  if (joining) return false;
  joining = true;
  note.clear(where);
  busy.setAttribute('aria-busy', 'true');
  document.body.dataset.joining = '';
  try {
    session.open(await join(what));
    return true;
  } catch (e) {
    const why = e instanceof Refusal ? e : new Refusal(0);
    if (why.signedOut) signedOut();
    // A row can have left the list meanwhile.
    note.show(where.isConnected ? where : $('pin-note'), explain(why), why.wait);
    return false;
  } finally {
    joining = false;
    busy.removeAttribute('aria-busy');
    delete document.body.dataset.joining;
  }
}

/** Whether another session may take the place of the one that is open. */
async function mayReplace(name: string): Promise<boolean> {
  if (!session.id) return true;
  return ask(
    `Open ${name} instead?`,
    `Zoom's desk for ${quoted(session.name)} closes. The session stays yours: you can open it again from the list.`,
    'Open',
  );
}

async function choose(row: Row): Promise<void> {
  if (row.gone || joining) return;
  const { id } = row.session;
  if (id === session.id) return showSession();
  if (!(await mayReplace(quoted(customerName(row.session))))) return;
  if (!(await enter({ id }, row.note, row.button))) row.element.scrollIntoView({ block: 'nearest' });
}

async function byPIN(): Promise<void> {
  const typed = pin.value.replace(/[\s-]/g, '');
  const where = $('pin-note');
  if (!PIN.test(typed)) {
    pin.setAttribute('aria-invalid', 'true');
    note.show(where, typed ? 'A PIN has letters and digits only, ten at most.' : 'Type the PIN that the customer reads to you.');
    pin.focus();
    return;
  }
  if (joining || !(await mayReplace('this customer'))) return;
  if (await enter({ pin: typed }, where, submit)) {
    pin.value = '';
    return;
  }
  pin.setAttribute('aria-invalid', 'true');
  pin.focus();
  pin.select();
}

async function endOf(row: Row): Promise<void> {
  const { id } = row.session;
  const name = customerName(row.session);
  if (!(await ask('End this session?', `The session of ${quoted(name)} ends for the customer and for every agent.`, 'End session'))) return;
  note.clear(row.note);
  try {
    await end(id);
  } catch (e) {
    const why = e instanceof Refusal ? e : new Refusal(0);
    if (why.signedOut) signedOut();
    note.show(row.note, explain(why), why.wait);
  }
}

function opened(id: string): void {
  list.open(id);
  document.body.dataset.open = '';
  if (narrow.matches) panel(false);
  if (search.value) {
    search.value = '';
    find();
  }
  $('back').hidden = false;
}

function closed(): void {
  list.open('');
  delete document.body.dataset.open;
  $('back').hidden = true;
  panel(true);
  pin.focus();
}

/** Shows or hides the list; on a side panel it and the session take turns. */
function panel(shown: boolean): void {
  document.body.dataset.panel = shown ? 'shown' : 'hidden';
  $('toggle').setAttribute('aria-expanded', String(shown));
}

function showSession(): void {
  if (narrow.matches) panel(false);
  $('copy').focus();
}

function find(): void {
  clearTimeout(typing);
  const words = search.value.trim();
  list.searches(words);
  stream.open(words);
}

$('join').addEventListener('submit', (e) => {
  e.preventDefault(); // a PIN is in no address, and in no history
  void byPIN();
});
pin.addEventListener('input', () => {
  pin.removeAttribute('aria-invalid');
});
search.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(find, TYPING);
});
$('toggle').addEventListener('click', () => {
  const shown = document.body.dataset.panel !== 'shown';
  panel(shown);
  if (shown && narrow.matches) $('back').focus();
});
$('back').addEventListener('click', showSession);
$('notice-act').addEventListener('click', () => location.reload());
setInterval(follow, 5_000); // what is left to be concluded when the recovery ends
panel(true);
list.searches('');
stream.open('');
