// What the Go side puts into the script, see ../desk.go.

export interface DeskSettings {
  /** Our endpoint for agent tokens. */
  token: string;
  /** What the path of Zoom's desk is appended to: an origin, or a path of the site's own. */
  zoom: string;
  /** The desk's origin as an allow attribute names it. */
  origin: string;
}
