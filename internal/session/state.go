package session

// State is where a session stands.
type State string

// The states.
const (
	// StateCreated: the customer has asked, Zoom has not given a PIN yet.
	StateCreated State = "created"
	// StateWaiting: a PIN is bound, and no agent is in the session.
	StateWaiting State = "waiting"
	// StateActive: an agent is in the session.
	StateActive State = "active"
	// StateEnded: somebody ended the session.
	StateEnded State = "ended"
	// StateExpired: the customer's page was not heard of in time, or nobody claimed
	// the PIN.
	StateExpired State = "expired"
)

// States returns all states, in the order of a session's life.
func States() []State {
	return []State{StateCreated, StateWaiting, StateActive, StateEnded, StateExpired}
}

// Valid reports whether s is one of [States].
func (s State) Valid() bool {
	switch s {
	case StateCreated, StateWaiting, StateActive, StateEnded, StateExpired:
		return true
	}
	return false
}

// Over reports whether nothing comes after the state.
func (s State) Over() bool { return s == StateEnded || s == StateExpired }

// Can reports whether a session may go from s to next. Staying is not a
// transition, and nothing leaves a state that is over.
func (s State) Can(next State) bool {
	switch s {
	case StateCreated:
		// Straight to active: the record of a live session was put back by its
		// ticket, and an agent is already in.
		return next == StateWaiting || next == StateActive || next.Over()
	case StateWaiting:
		return next == StateActive || next.Over()
	case StateActive:
		// Back to waiting: the last agent has left, the customer stays.
		return next == StateWaiting || next.Over()
	}
	return false
}
