// The part of this side of the call: asked of the page that opened the room, and
// kept nowhere but in the memory of this page.

/** What the proxy made for one side of a session. */
export interface Part {
  sessionName: string;
  signature: string;
  userName: string;
}

/** How often the room asks. The widget and the desk listen. */
const EVERY = 1_000;

/** The channel's name is in the fragment, which leaves the browser nowhere. */
export const channelName = (): string => /^#([\w-]{16,64})$/.exec(location.hash)?.[1] ?? '';

/**
 * Asks until some page of this site answers, however long that takes. A page that
 * may not give a part says so, which is no answer: another page may.
 */
export function askFor(name: string, refused: () => void): Promise<Part> {
  const question = { ask: String(Math.random()) }; // the same for as long as this page lives: it is served once
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(`cobrowse-video ${name}`);
    const heard = ({ data }: MessageEvent): void => {
      if (data?.refused === question.ask) refused();
      if (!isPart(data)) return; // another room's question, say
      clearInterval(timer);
      channel.close();
      removeEventListener('message', posted);
      window.opener = null; // what is loaded from now on has no way to that page
      resolve(data);
    };
    // A desk in another site's frame hears no channel of ours.
    const posted = (e: MessageEvent): void => {
      if (e.origin === location.origin && e.source === opener) heard(e);
    };
    const ask = (): void => {
      channel.postMessage(question);
      (opener as Window | null)?.postMessage(question, location.origin);
    };
    channel.onmessage = heard;
    addEventListener('message', posted);
    const timer = setInterval(ask, EVERY);
    ask();
  });
}

function isPart(data: unknown): data is Part {
  const { sessionName, signature, userName } = Object(data) as Record<string, unknown>;
  return typeof sessionName === 'string' && typeof signature === 'string' && typeof userName === 'string';
}
