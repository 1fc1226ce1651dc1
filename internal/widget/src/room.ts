// The way to the video room, which is a page of ours in a tab of its own. It asks
// any page of the session for the customer's part, on a channel that only pages of
// this site hear: this page or, when the customer has gone on, the next one. It is
// the loader's to do, because the widget has less room.

/** Lets the room of a session ask, and returns what opens it. */
export function makeRoom(base: string, id: string, part: () => object | false | undefined): () => void {
  const channel = new BroadcastChannel('cobrowse-video ' + id);
  channel.onmessage = ({ data }) => {
    const answer = data.ask && part();
    if (answer) channel.postMessage(answer);
  };
  // Without an opener: what Zoom runs there has no way back to this page.
  return () => open(`${base}video#${id}`, '_blank', 'noopener');
}
