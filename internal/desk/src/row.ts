// One customer of the list: a button that joins, and for supervisors one that
// ends. Everything that a customer can have written is in a bdi element, so that
// its direction stays its own.

import { ago } from './clock';
import { h, write, writeParts } from './dom';
import { customerName, plain, quoted, reference, since, withWhom, type Session } from './model';

export interface RowEvents {
  join(row: Row): void;
  end(row: Row): void;
}

export class Row {
  readonly element = h('li', 'row');
  readonly button = h('button', 'open');
  readonly note = h('div', 'note');
  private readonly name = h('bdi', 'name');
  private readonly time = h('span', 'time');
  private readonly page = h('span', 'page');
  private readonly state = h('span', 'state');
  private readonly whom = h('bdi', 'whom');
  private readonly end = h('button', 'danger small', 'End');
  private from = NaN;
  /** What takes the row out of the list, once it is a memory. */
  fading = 0;

  constructor(
    public session: Session,
    on: RowEvents,
  ) {
    this.button.type = this.end.type = 'button';
    this.note.setAttribute('role', 'alert');
    this.note.hidden = true;
    this.button.append(
      h('span', 'line', this.name, this.time),
      h('span', 'line', this.page),
      h('span', 'line', this.state, this.whom),
    );
    this.element.append(this.button, this.end, this.note);
    this.button.onclick = () => on.join(this);
    this.end.onclick = () => on.end(this);
  }

  update(session: Session, me: string, supervisor: boolean): void {
    const { element, button } = this;
    this.session = session;
    clearTimeout(this.fading);
    this.fading = 0;
    this.from = since(session);
    element.className = 'row';
    element.classList.toggle('mine', session.mine);
    button.dataset.session = session.id;
    button.dataset.state = session.state;
    button.removeAttribute('aria-disabled');
    write(this.name, customerName(session));
    writeParts(this.page, [reference(session), plain(session.page)]);
    write(this.state, session.state === 'active' ? 'In session' : 'Waiting');
    const whom = withWhom(session, me);
    write(this.whom, session.mine ? (session.claims.length > 1 ? `Yours, with ${whom}` : 'Yours') : whom && `Taken by ${whom}`);
    this.end.hidden = !supervisor;
    this.end.setAttribute('aria-label', `End the session of ${quoted(customerName(session))}`);
    this.tick();
  }

  tick(): void {
    write(this.time, ago(this.from));
  }

  /** Marks the one whose session is open. */
  mark(open: boolean): void {
    this.element.classList.toggle('current', open);
    if (open) this.button.setAttribute('aria-current', 'true');
    else this.button.removeAttribute('aria-current');
  }

  /** Whether a join waits for its answer. */
  get busy(): boolean {
    return this.button.hasAttribute('aria-busy');
  }

  get gone(): boolean {
    return this.fading !== 0;
  }

  /** Says that the customer no longer waits, and leaves after a while: a list must not move under the hand. */
  fade(after: number, leave: () => void): void {
    if (this.gone) return;
    this.fading = setTimeout(leave, after);
    this.element.classList.add('gone');
    delete this.button.dataset.session;
    this.button.setAttribute('aria-disabled', 'true');
    write(this.state, 'No longer waiting');
    write(this.whom, '');
    write(this.time, '');
    this.from = NaN;
    this.end.hidden = true;
  }
}
