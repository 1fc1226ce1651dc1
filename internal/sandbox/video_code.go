package sandbox

// Codes of video sessions, as far as Zoom documents them (Video SDK for web,
// "Error codes and troubleshooting").
const (
	// CodeVideoSession is SESSION_FETCH_INFO_ERROR: whatever is wrong with a
	// signature. Here it is also for a session or a sandbox that is full, for
	// which Zoom documents no code.
	CodeVideoSession Code = 200
	// CodeVideoPasscode is SESSION_INCORRECT_PASSCODE.
	CodeVideoPasscode Code = 3004
	// CodeVideoParameter is SESSION_INVALID_PARAMETER: a frame that nobody may
	// send now, which only a fault of ours or an attack does.
	CodeVideoParameter Code = 4003
)
