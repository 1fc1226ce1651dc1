// Which window shows the button.
//
// Normally the top one. A page made of frames has no body on top, so neither our
// button nor Zoom's dialogs could be shown there: the largest frame of the same origin
// takes its place, which on such sites is the one with the content. All other
// nested documents (iframe, object, embed, or a page inside a foreign one) show
// nothing: the page around them does, or is not ours.

const isFrameset = (doc: Document): boolean => doc.body?.localName === 'frameset';

/** Whether this window is the one to show the button. Needs parsed documents. */
export function chosen(): boolean {
  if (isFrameset(document)) return false;
  if (window.top === window) return true;
  try {
    for (let w: Window = window; w !== w.top; w = w.parent) {
      if (w.frameElement?.localName !== 'frame') return false;
    }
    return largest(window.top!).frame === window;
  } catch {
    return false; // a foreign page is around us
  }
}

/** The largest frame below a window; the first of equals. */
function largest(of: Window, best: { frame?: Window; area: number } = { area: 0 }): { frame?: Window; area: number } {
  for (let i = 0; i < of.length; i++) {
    const frame = of[i]!;
    try {
      const area = frame.innerWidth * frame.innerHeight; // throws where the frame is foreign
      if (isFrameset(frame.document)) best = largest(frame, best);
      else if (area > best.area && frame.frameElement?.localName === 'frame') best = { frame, area };
    } catch {
      // a foreign frame is no candidate
    }
  }
  return best;
}

/** Calls back as soon as the choice can be made. */
export function whenSettled(then: () => void): void {
  const top = window.top;
  try {
    // Sizes are known, and all frames parsed, when the frameset has loaded.
    if (top && top !== window && top.document.readyState !== 'complete') {
      top.addEventListener('load', then, { once: true });
      return;
    }
  } catch {
    // a foreign page is around us: chosen() says no
  }
  then();
}
