// Camera and microphone: whether this page may use them, asked before the call,
// so that a refusal is explained by us and stops nobody from joining.

/** Asks the browser, which asks the person. What it gives is let go at once: the toolkit takes it when the person turns it on. */
export async function allowed(): Promise<boolean> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) track.stop();
    return true;
  } catch {
    return false; // refused, missing, or in use elsewhere
  }
}
