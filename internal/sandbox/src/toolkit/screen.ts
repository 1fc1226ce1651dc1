// What is shown: a tile for everybody, and the buttons. Elements and classes
// only, so that the page's policy needs no inline style; the style sheet is the
// toolkit's own file, as Zoom's is.

import { h } from '../shared/dom';
import type { User } from './call';
import type { Config } from './config';

export interface ScreenActions {
  mute(): void;
  camera(): void;
  leave(): void;
  end(): void;
}

/** A tile: picture, sound, name, and what is off. */
interface Tile {
  root: HTMLElement;
  video: HTMLVideoElement;
  audio: HTMLAudioElement | undefined;
  name: HTMLElement;
  state: HTMLElement;
  from?: { sound: MediaStream; picture: MediaStream };
}

const button = (label: string, kind: string, act: () => void): HTMLButtonElement => h('button', { type: 'button', class: 'zvs-' + kind, click: act }, label);

/** Plays, or tells that the browser lets nothing be heard before a click. */
async function play(el: HTMLMediaElement): Promise<boolean> {
  try {
    await el.play();
    return true;
  } catch (e) {
    return (e as DOMException).name !== 'NotAllowedError';
  }
}

const UNREACHABLE = 'Another browser cannot be reached from here. The sandbox has no relay: both must be in the same network.';

export class Screen {
  private readonly root: HTMLElement;
  private readonly tiles = new Map<string, Tile>();
  private readonly grid = h('ul', { class: 'zvs-grid', 'aria-label': 'People in the session' });
  private readonly status = h('p', { class: 'zvs-status', role: 'status', tabindex: '-1' });
  private readonly problems = h('div', { class: 'zvs-problems', role: 'alert' });
  private readonly mine = this.tile();
  private readonly micButton: HTMLButtonElement;
  private readonly cameraButton: HTMLButtonElement;
  private readonly endButton: HTMLButtonElement;
  private readonly soundButton: HTMLButtonElement;
  private readonly bar: HTMLElement;

  constructor(container: HTMLElement, config: Config, actions: ScreenActions) {
    this.micButton = button('Mute', 'mute', actions.mute);
    this.cameraButton = button('Stop camera', 'camera', actions.camera);
    this.micButton.hidden = !config.audio;
    this.cameraButton.hidden = !config.video;
    this.endButton = button('End for all', 'end', actions.end);
    this.endButton.hidden = true;
    this.soundButton = button('Turn on sound', 'sound', () => undefined);
    this.soundButton.hidden = true;
    this.bar = h('div', { class: 'zvs-bar', role: 'group', 'aria-label': 'Session controls' }, this.micButton, this.cameraButton, button('Leave', 'leave', actions.leave), this.endButton);
    this.mine.root.classList.add('zvs-me');
    this.grid.append(this.mine.root);
    this.root = h(
      'section',
      { class: 'zvs', 'aria-label': 'Video session (sandbox)' },
      h('div', { class: 'zvs-head' }, h('span', { class: 'zvs-badge' }, 'sandbox'), this.status, this.soundButton),
      this.problems,
      this.grid,
      this.bar,
    );
    // Browsers let sound play once somebody has clicked.
    this.root.addEventListener('click', () => this.sound());
    container.append(this.root);
  }

  say(text: string): void {
    this.status.textContent = text;
  }

  /** Says something that stays, in place of what began with the same words. */
  problem(text: string): void {
    for (const p of [...this.problems.children]) if (p.textContent?.startsWith(text)) p.remove();
    this.problems.append(h('p', {}, text));
  }

  showMe(me: User, camera: MediaStreamTrack | undefined): void {
    this.endButton.hidden = !me.host;
    this.micButton.textContent = me.audio ? 'Mute' : 'Unmute';
    this.cameraButton.textContent = me.video ? 'Stop camera' : 'Start camera';
    if (camera !== (this.mine.video.srcObject as MediaStream | null)?.getVideoTracks()[0]) {
      this.mine.video.srcObject = camera ? new MediaStream([camera]) : null;
      if (camera) void play(this.mine.video);
    }
    describe(this.mine, me, 'You');
  }

  show(user: User, from: { sound: MediaStream; picture: MediaStream }): void {
    const tile = this.tile(true);
    tile.root.dataset['user'] = user.id;
    tile.from = from;
    this.tiles.set(user.id, tile);
    this.mine.root.before(tile.root);
    describe(tile, user);
  }

  update(user: User): void {
    const tile = this.tiles.get(user.id);
    if (tile) describe(tile, user);
  }

  /** Tells how the connection to somebody is. That it failed is worth a word while something is sent. */
  connection(id: string, state: RTCPeerConnectionState, sending: boolean): void {
    const tile = this.tiles.get(id);
    if (!tile) return;
    tile.root.dataset['connection'] = state;
    if (state === 'connected') {
      // Only now: of a stream that was empty before, Chromium plays no sound.
      if (tile.from) tile.video.srcObject = tile.from.picture;
      if (tile.from && tile.audio) tile.audio.srcObject = tile.from.sound;
      void this.start(tile);
      for (const p of [...this.problems.children]) if (p.textContent === UNREACHABLE) p.remove();
    }
    if (state === 'failed' && sending) this.problem(UNREACHABLE);
  }

  hide(id: string): void {
    const tile = this.tiles.get(id);
    if (!tile) return;
    release(tile);
    tile.root.remove();
    this.tiles.delete(id);
  }

  /** The end: nothing is left but what is to be said. */
  over(text: string, alert = false): void {
    const focused = this.root.contains(document.activeElement);
    for (const id of [...this.tiles.keys()]) this.hide(id);
    release(this.mine);
    this.problems.replaceChildren();
    this.grid.remove();
    this.bar.remove();
    this.root.classList.add('zvs-over');
    if (alert) this.problem(text);
    this.say(alert ? '' : text);
    if (focused) this.status.focus(); // the button that had it is gone
  }

  remove(): void {
    this.over('');
    this.root.remove();
  }

  private tile(remote = false): Tile {
    const video = h('video', { playsinline: true, autoplay: true });
    video.muted = true; // pictures may always play; sound has an element of its own
    const audio = remote ? h('audio', { autoplay: true }) : undefined;
    const name = h('span', { class: 'zvs-name' });
    const state = h('span', { class: 'zvs-state' });
    const root = h('li', { class: 'zvs-tile' }, video, ...(audio ? [audio] : []), h('p', { class: 'zvs-label' }, name, state));
    return { root, video, audio, name, state };
  }

  private async start(tile: Tile): Promise<void> {
    void play(tile.video);
    if (tile.audio && !(await play(tile.audio))) this.soundButton.hidden = false;
  }

  private sound(): void {
    if (this.soundButton.hidden) return;
    if (document.activeElement === this.soundButton) this.micButton.focus();
    this.soundButton.hidden = true;
    for (const tile of this.tiles.values()) void this.start(tile);
  }
}

function release(tile: Tile): void {
  tile.video.srcObject = null;
  if (tile.audio) tile.audio.srcObject = null;
}

function describe(tile: Tile, user: User, you = ''): void {
  const name = you ? `${user.name || you} (${you.toLowerCase()})` : user.name;
  const off = [...(user.audio ? [] : ['muted']), ...(user.video ? [] : ['camera off'])];
  tile.name.textContent = name;
  tile.state.textContent = off.join(', ');
  tile.root.dataset['audio'] = String(user.audio);
  tile.root.dataset['video'] = String(user.video);
  tile.video.setAttribute('aria-label', `Picture of ${name}`);
}
