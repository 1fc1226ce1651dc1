// The custom element: a box with a closed shadow root, which keeps its place in
// a page that does not know of it.

import { TAG } from './handoff';
import css from './widget.css';
import type { WidgetSettings } from './settings';

/** How often we come back into a body that has thrown us out. */
const RETURNS = 3;

export interface Host {
  root: ShadowRoot;
  /** Puts the element into the page or takes it out, and keeps it so. */
  show(shown: boolean): void;
}

export function makeHost({ style }: WidgetSettings): Host {
  let shown = false;
  let lastBody: HTMLElement | undefined;
  let returns = RETURNS;

  class Help extends HTMLElement {
    disconnectedCallback(): void {
      // Perhaps it is only being moved, or the body being replaced.
      setTimeout(place);
    }
  }
  customElements.define(TAG, Help);
  const element = document.createElement(TAG);
  const root = element.attachShadow({ mode: 'closed' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css + style);
  root.adoptedStyleSheets = [sheet];

  function place(): void {
    if (!shown || element.isConnected) return;
    const body = document.body;
    if (!body) return whenBody(place);
    // A new body gets us once. One that removes us again and again is obeyed.
    if (body === lastBody && returns-- <= 0) return;
    lastBody = body;
    body.append(element);
  }

  return {
    root,
    show: (on) => {
      shown = on;
      if (on) place();
      else element.remove();
    },
  };
}

/** Waits for a body; nothing is observed while there is one. */
function whenBody(then: () => void): void {
  const observer = new MutationObserver(() => {
    if (!document.body) return;
    observer.disconnect();
    then();
  });
  observer.observe(document, { childList: true, subtree: true });
}
