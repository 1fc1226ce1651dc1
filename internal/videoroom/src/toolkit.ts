// Zoom's Video SDK UI Toolkit: its interface as far as Zoom documents it and the
// room needs it, and how it is loaded.

import type { Part } from './part';

interface UIToolkit {
  /** Newer versions return a promise that is kept when the session was joined. */
  joinSession(container: HTMLElement, config: object): unknown;
  onSessionJoined(callback: () => void): void;
  onSessionClosed(callback: () => void): void;
  /** Undoes everything, so that another session could be joined. */
  destroy?(): unknown;
}

declare global {
  interface Window {
    UIToolkit?: UIToolkit;
  }
}

/** Loads the toolkit's script and style sheet. It fails where a policy, a filter or the network keeps them out. */
export function load(folder: string): Promise<UIToolkit> {
  const style = document.createElement('link');
  style.rel = 'stylesheet';
  style.crossOrigin = 'anonymous';
  style.href = `${folder}videosdk-ui-toolkit.css`;
  const script = document.createElement('script');
  script.crossOrigin = 'anonymous';
  script.src = `${folder}videosdk-ui-toolkit.min.umd.js`;
  return Promise.all([arrived(style), arrived(script)]).then(() => {
    if (!window.UIToolkit) throw new Error('what came is not the toolkit');
    return window.UIToolkit;
  });
}

const arrived = (el: HTMLElement): Promise<unknown> =>
  new Promise((resolve, reject) => {
    el.onload = resolve;
    el.onerror = reject;
    document.head.append(el);
  });

/**
 * What is shown in a call: the two sides see, hear and write to each other, and
 * may show a screen. What costs money, invites strangers or sends more to Zoom is
 * off, and named, since the toolkit turns on what is not.
 */
const on = { enable: true };
const off = { enable: false };
const features = (dark: boolean): object => ({
  video: on,
  audio: on,
  share: on,
  chat: { enable: true, enableEmoji: true },
  users: on,
  settings: on,
  leave: on,
  header: on,
  footer: on,
  viewMode: { enable: true, defaultViewMode: 'gallery', viewModes: ['gallery', 'speaker'] },
  theme: { enable: false, defaultTheme: dark ? 'dark' : 'light' },
  preview: off,
  recording: off,
  phone: off,
  crc: off,
  invite: off,
  livestream: off,
  caption: off,
  playback: { enable: false, audioVideoPlaybacks: [] },
  subsession: off,
  feedback: off,
  troubleshoot: off,
  virtualBackground: off,
});

export interface CallEvents {
  joined(): void;
  closed(): void;
  failed(why: unknown): void;
}

/** Joins. Whoever closes the tab leaves the call. */
export function join(toolkit: UIToolkit, container: HTMLElement, part: Part, events: CallEvents): void {
  try {
    const joining = toolkit.joinSession(container, {
      videoSDKJWT: part.signature,
      sessionName: part.sessionName,
      userName: part.userName,
      leaveOnPageUnload: true,
      featuresOptions: features(matchMedia('(prefers-color-scheme: dark)').matches),
    });
    // After joinSession, as documented: there is nothing to listen to before.
    toolkit.onSessionJoined(events.joined);
    toolkit.onSessionClosed(events.closed);
    Promise.resolve(joining).catch(events.failed);
  } catch (e) {
    events.failed(e);
  }
}

/** Takes the toolkit down, as far as it lets itself be. */
export async function takeDown(toolkit: UIToolkit): Promise<void> {
  try {
    await toolkit.destroy?.();
  } catch {
    // It was down already.
  }
}
