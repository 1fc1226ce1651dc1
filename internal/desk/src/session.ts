// The session that is open: whose it is, its PIN, and Zoom's desk beneath.
// Updates of the list change words here, and never the frame.

import { end, join, offerVideo, Refusal, release } from './api';
import { ask } from './ask';
import { ago } from './clock';
import { copy } from './copy';
import { $, announce, write, writeParts } from './dom';
import * as frame from './frame';
import { customerName, plain, quoted, reference, since, withWhom, type Joined, type Session } from './model';
import * as note from './note';
import { closeRoom, mayOpenRooms, openRoom } from './video';
import { explain, TAB_BLOCKED, videoNews } from './words';

export interface SessionEvents {
  opened(id: string): void;
  closed(): void;
  /** A request was refused because the agent is no longer signed in. */
  signedOut(): void;
}

export class OpenSession {
  private session: Session | undefined;
  private me = '';
  private over = false;
  private busy = false;
  /** The session may continue by video. */
  private video = false;

  constructor(private readonly on: SessionEvents) {
    $('copy').onclick = () => void copy($('session-pin'), $<HTMLButtonElement>('copy'));
    $('leave').onclick = () => void this.leave();
    $('end').onclick = () => void this.end();
    $('video').onclick = () => this.continueByVideo();
    $('reload').onclick = () => void this.reload();
    $('renew').onclick = () => void this.reload();
    $('retry').onclick = () => void this.reload();
    setInterval(() => this.tick(), 1_000);
  }

  get id(): string {
    return this.session?.id ?? '';
  }

  get name(): string {
    return this.session ? customerName(this.session) : '';
  }

  /** Opens Zoom's desk for a session that was joined, instead of one that is open. */
  open({ token, pin, session, video }: Joined): void {
    if (session.id !== this.id) closeRoom();
    this.session = session;
    this.over = false;
    this.video = video === true && mayOpenRooms();
    $('idle').hidden = true;
    $('session').hidden = false;
    note.clear($('bar-note'));
    write($('session-pin'), pin);
    write($('session-pin-spoken'), [...pin].join(' '));
    this.describe();
    frame.load(token);
    this.on.opened(session.id);
    announce(`The session of ${quoted(this.name)} is open. Type the PIN ${[...pin].join(' ')} into Zoom's desk below.`);
    $('copy').focus();
  }

  /** Takes what the list says of the session; nothing where it is complete and has it no more. */
  update(session: Session | undefined, me: string, supervisor: boolean): void {
    this.me = me;
    $('end').hidden = !supervisor || this.over;
    if (!this.session) return;
    if (!session) return this.isOver();
    if (this.over) {
      this.over = false; // the proxy has it back, from the customer's ticket
      note.clear($('bar-note'));
    }
    this.session = session;
    this.describe();
  }

  private describe(): void {
    const s = this.session!;
    const joined = s.state === 'active' && s.claims.length < 2;
    write($('name'), this.name);
    $('session').classList.toggle('over', this.over);
    $('session').classList.toggle('joined', joined);
    write($('pin-words'), joined ? 'PIN of this session' : 'Type this PIN below');
    write($('leave'), this.over ? 'Close' : 'Leave');
    $('end').hidden ||= this.over;
    $('reload').hidden = this.over;
    $('video').hidden = this.over || !this.video;
    write($('video-note'), this.over ? '' : videoNews(s.video, s.state));
    this.tick();
  }

  private tick(): void {
    const s = this.session;
    if (!s) return;
    const others = s.claims.filter((c) => c.id !== this.me);
    const state = this.over ? 'Ended' : `${s.state === 'active' ? 'In session' : 'Waiting'} ${ago(since(s))}`;
    const colleagues = others.length ? `with ${withWhom({ ...s, claims: others }, this.me)}` : '';
    writeParts($('about'), [state, colleagues, reference(s), plain(s.page)]);
  }

  private isOver(): void {
    if (this.over) return;
    this.over = true;
    closeRoom();
    const focused = $('bar').contains(document.activeElement);
    this.describe();
    if (focused) $('leave').focus(); // its PIN, say, is there no more
    note.show($('bar-note'), 'This session has ended, or the customer has gone. Close it when you are done.');
  }

  /** Leaves: nobody looks any more, and a colleague can have the customer. */
  private async leave(): Promise<void> {
    const left = this.session;
    const name = this.name;
    const over = this.over;
    this.close();
    if (!left || over) return;
    try {
      await release(left.id);
      announce(`You have left the session of ${quoted(name)}.`);
    } catch (e) {
      const why = e instanceof Refusal ? e : new Refusal(0);
      if (why.signedOut) this.on.signedOut();
      if (why.status === 404 || why.status === 410) return; // it is over
      note.show($('pin-note'), `You have left ${quoted(name)}, but colleagues cannot have the session yet: ${explain(why)} Open it again and leave once more.`);
    }
  }

  close(): void {
    frame.unload();
    closeRoom();
    note.clear($('bar-note'));
    this.session = undefined;
    this.over = false;
    for (const id of ['session-pin', 'session-pin-spoken', 'name', 'about', 'video-note']) write($(id), '');
    $('session').hidden = true;
    $('idle').hidden = false;
    this.on.closed();
  }

  private async end(): Promise<void> {
    const s = this.session;
    if (!s) return;
    if (!(await ask('End this session?', `The session of ${quoted(this.name)} ends for the customer and for every agent.`, 'End session'))) return;
    await this.act(async () => {
      await end(s.id);
      if (this.id === s.id) this.isOver();
    });
  }

  /** Opens the room, which asks for its part: now, and again whenever it is reloaded. */
  private continueByVideo(): void {
    const s = this.session;
    if (!s) return;
    note.clear($('bar-note'));
    const opened = openRoom(async () => {
      try {
        const part = await offerVideo(s.id);
        if (this.session?.id === s.id && this.session.video !== 'shown') {
          this.session.video = 'offered'; // the list will say so too
          this.describe();
        }
        return part;
      } catch (e) {
        if (this.id === s.id) this.refused(e);
        throw e;
      }
    });
    if (!opened) note.show($('bar-note'), TAB_BLOCKED);
  }

  private refused(e: unknown): void {
    const why = e instanceof Refusal ? e : new Refusal(0);
    if (why.signedOut) this.on.signedOut();
    note.show($('bar-note'), explain(why), why.wait);
  }

  /** Joins again, for a new token: it reloads Zoom's desk. */
  private async reload(): Promise<void> {
    const s = this.session;
    if (!s) return;
    await this.act(async () => {
      const joined = await join({ id: s.id });
      if (this.id === s.id) this.open(joined);
    });
  }

  /** Does one thing at a time, and says why it failed beside the buttons. */
  private async act(what: () => Promise<unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    note.clear($('bar-note'));
    try {
      await what();
    } catch (e) {
      this.refused(e);
    } finally {
      this.busy = false;
    }
  }
}
