// What the Go side puts into the scripts. Each identifier below is replaced by
// JSON when the configuration is loaded, see ../browser.go, which must agree. What is
// false or empty is left out.

/** What the loader needs: all of it is in every page's copy of the loader. */
export interface LoaderSettings {
  /** File name of the widget, beside the loader. */
  widget: string;
  /** URL of Zoom's SDK; a path where the site itself serves it. */
  sdk: string;
  /** Whether a session follows the customer to other tabs. */
  multiTab?: boolean;
}

export interface WidgetSettings {
  /** No floating button. */
  none?: boolean;
  /** The button's text; empty: in the page's language. */
  label?: string;
  /** Rules after our own style sheet: the corner of the window, and colours. */
  style: string;
  /** Selector of the site's own elements that open the panel, or empty. */
  attach?: string;
  shortcut?: Shortcut;
  /** Fetch Zoom's SDK on every page. */
  eager?: boolean;
  multiTab?: boolean;
  /** Settings of ZoomCobrowseSDK.init, but for the mask. */
  zoom: Record<string, unknown>;
  masks?: MaskRule[];
}

export interface Shortcut {
  ctrl: boolean;
  alt: boolean;
  shift: boolean;
  meta: boolean;
  /** KeyboardEvent.key in lower case. */
  key: string;
}

export interface MaskRule {
  /** A regular expression for paths; empty: every page. */
  paths: string;
  /** Zoom's piiMask. */
  piiMask: Record<string, unknown>;
}
