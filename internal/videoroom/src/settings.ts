// What the Go side puts into the script, see ../videoroom.go.

export interface RoomSettings {
  /** URL or path of the folder that holds the toolkit's files, with a slash. */
  toolkit: string;
}
