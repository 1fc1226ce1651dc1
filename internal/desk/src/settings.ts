// What the Go side puts into the script, see ../desk.go.

export interface DeskSettings {
  /** The path of the page; its endpoints are below it. */
  desk: string;
  /** The path of the video room. */
  video: string;
  /** What the path of Zoom's desk is appended to: an origin, or a path of the site's own. */
  zoom: string;
  /** Other sites may show the desk in a frame, and the room keeps its opener for that. */
  framed: boolean;
  /** The desk's origin as an allow attribute names it. */
  origin: string;
  /** An attribute that the desk's frame has where this page is in a frame itself, or "". */
  frame: string;
}
