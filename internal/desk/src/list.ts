// The waiting list. Rows are kept by id, so that neither the focus nor what an
// agent is about to click moves more than it must.

import { $, announce, h, write } from './dom';
import { customerName, plain, quoted, type Listing, type Session } from './model';
import { Row, type RowEvents } from './row';

/** How long a customer who has gone is still seen, and how long with a note to read. */
const MEMORY = 4_000;
const READING = 12_000;

export class List {
  private readonly element = $('list');
  private readonly rows = new Map<string, Row>();
  private last: Listing | undefined;
  private search = '';
  /** The search of the list that is shown; undefined before the first one. */
  private shown: string | undefined;
  private opened = '';

  constructor(private readonly on: RowEvents) {
    setInterval(() => this.rows.forEach((row) => row.tick()), 1_000);
  }

  /** The words that the next list is the answer to. */
  searches(words: string): void {
    this.search = words;
  }

  /** Shows a list. */
  show(list: Listing): void {
    const same = this.shown === this.search;
    if (same) this.news(list.sessions);
    const focused = document.activeElement as HTMLElement | null;
    const listed = new Set(list.sessions.map((s) => s.id));
    for (const [id, row] of this.rows) {
      if (listed.has(id)) continue;
      if (same && !(this.cut && row.note.hidden)) row.fade(row.busy || !row.note.hidden ? READING : MEMORY, () => this.forget(id));
      else this.forget(id);
    }
    this.last = list;
    this.shown = this.search;
    this.place(list);
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
    this.count(list);
  }

  /** Whether more was found than is listed. */
  get cut(): boolean {
    return !!this.last && this.last.found > this.last.sessions.length;
  }

  /** Whether a session that is not listed is over: a search or a long list may hide it. */
  get complete(): boolean {
    return this.shown === '' && this.search === '' && !this.cut;
  }

  find(id: string): Session | undefined {
    return this.last?.sessions.find((s) => s.id === id);
  }

  /** Greys the list while it may be wrong. */
  stale(stale: boolean): void {
    this.element.classList.toggle('stale', stale);
  }

  /** Marks the customer whose session is open. */
  open(id: string): void {
    this.rows.get(this.opened)?.mark(false);
    this.rows.get((this.opened = id))?.mark(true);
  }

  /** Takes customers off the screen of who is no longer an agent. */
  empty(): void {
    for (const id of [...this.rows.keys()]) this.forget(id);
    this.shown = undefined;
    write($('count'), '');
    $('empty').hidden = $('more').hidden = true;
  }

  private place(list: Listing): void {
    let next = this.element.firstElementChild;
    const skip = (): void => {
      while (next?.classList.contains('gone')) next = next.nextElementSibling;
    };
    for (const session of list.sessions) {
      let row = this.rows.get(session.id);
      if (!row) this.rows.set(session.id, (row = new Row(session, this.on)));
      row.update(session, list.agent.id ?? '', list.supervisor);
      row.mark(session.id === this.opened);
      skip();
      if (row.element === next) next = next.nextElementSibling;
      else this.element.insertBefore(row.element, next);
    }
  }

  private forget(id: string): void {
    const row = this.rows.get(id);
    if (!row) return;
    if (row.element.contains(document.activeElement)) {
      const beside = row.element.nextElementSibling ?? row.element.previousElementSibling;
      (beside?.querySelector('button') ?? $('search')).focus({ preventScroll: true });
    }
    clearTimeout(row.fading);
    row.element.remove();
    this.rows.delete(id);
  }

  /** Tells who listens of customers who were not there before. */
  private news(sessions: Session[]): void {
    const fresh = sessions.filter((s) => s.state === 'waiting' && !this.rows.has(s.id));
    const first = fresh[0];
    if (!first) return;
    announce(fresh.length === 1 ? `New customer waits: ${quoted(customerName(first))}, ${plain(first.page)}` : `${fresh.length} new customers wait`);
  }

  private count(list: Listing): void {
    write($('count'), `${list.waiting} waiting, ${list.active} in session`);
    const none = list.sessions.length === 0;
    $('empty').hidden = !none;
    write($('empty-title'), this.search ? 'Nobody matches' : 'Nobody is waiting');
    write(
      $('empty-text'),
      this.search ? 'No customer has these words in the name, id or page.' : 'Customers appear here when they ask for help.',
    );
    $('more').hidden = !this.cut;
    $('more').replaceChildren(h('span', '', `${list.sessions.length} of ${list.found} are shown. Search to find the others.`));
  }
}
