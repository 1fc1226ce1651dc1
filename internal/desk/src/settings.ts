// What the Go side puts into the script, see ../desk.go.

export interface DeskSettings {
  /** Our endpoint for agent tokens. */
  token: string;
  /** Origin of Zoom's desk. */
  zoom: string;
}
