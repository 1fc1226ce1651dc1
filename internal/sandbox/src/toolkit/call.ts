// A session: its place at the sandbox, its peers, and what is shown of it.

import { Link } from '../shared/link';
import type { Frame } from '../shared/protocol';
import type { Config } from './config';
import { Media } from './media';
import { Peer } from './peer';
import { Screen } from './screen';
import { closedWords } from './words';

/** What joinSession is rejected with: type and reason are Zoom's names. */
export class CallError extends Error {
  constructor(
    readonly type: string,
    readonly reason: string,
    readonly errorCode?: number,
  ) {
    super(reason);
    this.name = 'UIToolkitError';
  }
}

/** Somebody in the session, as the sandbox tells. */
export interface User {
  id: string;
  name: string;
  host: boolean;
  audio: boolean;
  video: boolean;
}

export interface CallEvents {
  joined(): void;
  closed(): void;
  failed(e: CallError): void;
}

export class Call {
  /** Not left and not ended. */
  live = true;
  private joined = false;
  private link: Link | undefined;
  private readonly media = new Media();
  private readonly screen: Screen;
  private readonly peers = new Map<string, Peer>();
  private readonly users = new Map<string, User>();
  private readonly me: User;

  constructor(
    private readonly base: string,
    container: HTMLElement,
    private readonly config: Config,
    private readonly events: CallEvents,
  ) {
    this.me = { id: '', name: config.name, host: false, audio: false, video: false };
    this.screen = new Screen(container, config, {
      mute: () => void this.toggleMic(),
      camera: () => void this.toggleCamera(),
      leave: () => this.leave(false),
      end: () => this.leave(true),
    });
    void this.open();
  }

  /** As at Zoom's, one joins unseen and unheard, and turns camera and microphone on oneself. */
  private async open(): Promise<void> {
    this.screen.say('Joining …');
    this.showMe();
    for (const problem of await this.media.missing(this.config)) this.screen.problem(problem + ' You are joining without it.');
    if (!this.live) return;
    this.link = new Link(this.base.replace(/^http/, 'ws') + '/sdkapi/zcb/sandbox/video', {
      hello: () => ({
        t: 'join', signature: this.config.signature, session: this.config.session, name: this.config.name,
        passcode: this.config.passcode, audio: this.me.audio, video: this.me.video,
      }),
      frame: (f) => this.receive(f),
      down: () => this.screen.say('The connection is lost. Connecting again …'),
      lost: () => (this.joined ? this.over('lost') : this.fail(2, 'The sandbox cannot be reached.')),
    });
  }

  /** Leaves; a host can end the session for everybody. */
  leave(forAll: boolean): void {
    if (!this.live) return;
    this.link?.send({ t: forAll && this.me.host ? 'end' : 'leave' });
    this.over('left');
  }

  /** Takes everything off the page. */
  unmount(): void {
    if (this.live) this.link?.send({ t: 'leave' });
    this.stop();
    this.screen.remove();
  }

  sessionInfo(): Record<string, unknown> {
    return { topic: this.config.session, password: this.config.passcode, userName: this.me.name, userId: number(this.me), isInMeeting: this.live && this.joined, sessionId: '' };
  }

  userInfo(): Record<string, unknown> | null {
    return this.joined && this.live ? info(this.me) : null;
  }

  allUsers(): Record<string, unknown>[] {
    return this.joined && this.live ? [this.me, ...this.users.values()].map(info) : [];
  }

  private receive(f: Frame): void {
    if (!this.live) return;
    const id = String(f['id'] ?? f['from'] ?? '');
    switch (f.t) {
      case 'joined':
        this.begin(f);
        break;
      case 'user':
        if (f['on']) this.meet(f['user'] as User);
        else this.part(id);
        break;
      case 'state':
        this.change(id, f);
        break;
      case 'signal':
        this.peers.get(id)?.signal(f);
        break;
      case 'ended':
        this.over(String(f['reason']));
        break;
      case 'error':
        if (this.joined) this.over('lost');
        else this.fail(Number(f['code']), String(f['message']));
    }
  }

  /** We are in, for the first time or again. */
  private begin(f: Frame): void {
    for (const id of [...this.peers.keys()]) this.part(id, true);
    Object.assign(this.me, { id: f['me'], name: f['name'], host: f['host'] });
    this.showMe();
    for (const user of f['users'] as User[]) {
      this.meet(user, true);
    }
    this.count();
    this.joined = true;
    this.events.joined();
  }

  /** Another user: of those whom we find, and those who come. */
  private meet(user: User, found = false): void {
    const peer = new Peer(
      this.media,
      found,
      (signal) => this.link?.send({ t: 'signal', to: user.id, ...signal }),
      (state) => this.connection(user.id, state),
    );
    this.users.set(user.id, user);
    this.peers.set(user.id, peer);
    this.screen.show(user, peer);
    if (!found) this.screen.say(user.name + ' has joined.');
  }

  /** While nobody sends anything, a connection may as well fail: see Peer. */
  private connection(id: string, state: RTCPeerConnectionState): void {
    const user = this.users.get(id);
    const sending = this.me.audio || this.me.video || user?.audio || user?.video;
    this.screen.connection(id, state, Boolean(sending));
  }

  private part(id: string, quiet = false): void {
    this.peers.get(id)?.close();
    this.peers.delete(id);
    this.screen.hide(id);
    const name = this.users.get(id)?.name ?? '';
    this.users.delete(id);
    if (!quiet) this.screen.say(name + ' has left.');
  }

  private change(id: string, f: Frame): void {
    const user = this.users.get(id);
    if (!user) return;
    user.audio = Boolean(f['audio']);
    user.video = Boolean(f['video']);
    this.screen.update(user);
  }

  private count(): void {
    this.screen.say(this.users.size ? 'You have joined.' : 'You have joined. Nobody else is here yet.');
  }

  /** The microphone is kept while it is muted, as the camera is not. */
  private async toggleMic(): Promise<void> {
    if (!this.me.audio && !this.media.mic) await this.reopen(() => this.media.openMic());
    if (this.media.mic) this.media.mic.enabled = !this.me.audio;
    this.tell();
  }

  private async toggleCamera(): Promise<void> {
    if (this.me.video) this.media.closeCamera();
    else await this.reopen(() => this.media.openCamera());
    this.tell();
  }

  private async reopen(open: () => Promise<string[]>): Promise<void> {
    const problems = await open();
    for (const problem of problems) this.screen.problem(problem);
    if (!this.live) this.media.close();
    this.watchTracks();
  }

  /** A device that is taken away, or whose permission is. */
  private watchTracks(): void {
    if (this.media.mic) {
      this.media.mic.onended = () => {
        this.media.mic = undefined;
        this.screen.problem('The microphone was taken away.');
        this.tell();
      };
    }
    if (this.media.camera) {
      this.media.camera.onended = () => {
        this.media.camera = undefined;
        this.screen.problem('The camera was taken away.');
        this.tell();
      };
    }
  }

  private tell(): void {
    if (!this.live) return;
    this.showMe();
    for (const peer of this.peers.values()) peer.update();
    this.link?.send({ t: 'state', audio: this.me.audio, video: this.me.video });
  }

  private showMe(): void {
    this.me.audio = Boolean(this.media.mic?.enabled);
    this.me.video = Boolean(this.media.camera);
    this.screen.showMe(this.me, this.media.camera);
  }

  private over(reason: string): void {
    if (!this.live) return;
    const { joined } = this;
    this.stop();
    this.screen.over(closedWords(reason));
    if (joined) this.events.closed();
    else this.events.failed(new CallError('IMPROPER_SESSION_STATE', closedWords(reason)));
  }

  private fail(code: number, reason: string): void {
    this.stop();
    this.screen.over(`The session cannot be joined: ${reason} (code ${code})`, true);
    this.events.failed(new CallError('INTERNAL_ERROR', reason, code));
  }

  private stop(): void {
    this.live = false;
    this.media.close();
    for (const peer of this.peers.values()) peer.close();
    this.peers.clear();
    // What was sent last, such as leave, goes out before the socket's end.
    this.link?.stop();
  }
}

const number = (user: User): number => Number(user.id.slice(1)) || 0;

/** A user in Zoom's words (Participant). */
function info(user: User): Record<string, unknown> {
  return { userId: number(user), displayName: user.name, audio: 'computer', muted: !user.audio, isHost: user.host, isManager: false, bVideoOn: user.video };
}
