// The way to the video room: a tab of its own, which asks for the agent's part on
// a channel that nobody else knows the name of. The part is handed over once, and
// kept nowhere; a room that is loaded again asks again.

import { settings } from './api';
import type { VideoPart } from './model';

/** In another site's frame a channel reaches nobody: there the room asks its opener. */
const framed = window.top !== window;

let stop: (() => void) | undefined;

/**
 * The Zoom client opens no tabs. That it says who it is is a hint, and here enough.
 * Its web client shows the desk in a frame that no room could reach.
 */
export const mayOpenRooms = (): boolean => !/\bZoomApps\//.test(navigator.userAgent) && (settings.framed || !framed);

/**
 * Opens the room, and answers it with what part gives; a former room is answered no
 * more. It must be called by a click, and reports whether the browser let it.
 */
export function openRoom(part: () => Promise<VideoPart>): boolean {
  closeRoom();
  const name = randomName();
  // Without an opener where possible: what Zoom runs there has no way here.
  const room = open(`${location.origin}${settings.video}#${name}`, '_blank', framed ? '' : 'noopener');
  if (framed && !room) return false;
  const channel = new BroadcastChannel(`cobrowse-video ${name}`);
  let served: unknown;
  const answer = async (data: unknown, post: (reply: object) => void): Promise<void> => {
    const { ask } = Object(data) as { ask?: unknown };
    if (!ask || ask === served) return; // it asks until it is answered
    served = ask;
    await part().then(post, () => post({ refused: ask }));
  };
  const posted = (e: MessageEvent): void => {
    if (e.origin === location.origin && e.source && e.source === room) {
      void answer(e.data, (reply) => room.postMessage(reply, location.origin));
    }
  };
  channel.onmessage = (e) => void answer(e.data, (reply) => channel.postMessage(reply));
  addEventListener('message', posted);
  stop = () => {
    channel.close();
    removeEventListener('message', posted);
  };
  return true;
}

/** Answers no room any more; a call that goes on there is not touched. */
export function closeRoom(): void {
  stop?.();
  stop = undefined;
}

const randomName = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
