package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Session is the record of one customer's request for help. Its JSON is what a
// desk may see: neither the PIN nor anything it could be learnt from. Engines
// use [Encode] and [Decode].
type Session struct {
	// ID is 128 random bits in hexadecimal. It fits Zoom's claim user_id, so
	// that a customer token minted with it lets Zoom's webhooks be joined.
	ID string `json:"id"`
	// Site names the site whose desk may see the session: by convention the
	// host that the customer visits.
	Site string `json:"site"`
	// State is the state that was last written. [Session.StateAt] also knows
	// that time has passed.
	State State `json:"state"`
	// Customer is what the site knows of the customer.
	Customer Customer `json:"customer"`
	// Page is the path that the customer looks at, without query and fragment,
	// at most [MaxPage] bytes.
	Page string `json:"page"`

	CreatedAt time.Time `json:"created_at"`
	// WaitingAt is when the first PIN was bound, ActiveAt when an agent first
	// joined, EndedAt when the session ended or expired. Zero means never.
	WaitingAt time.Time `json:"waiting_at,omitzero"`
	ActiveAt  time.Time `json:"active_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// LastSeen is when the customer's page was last heard of.
	LastSeen time.Time `json:"last_seen"`
	// Deadline is when the session expires unless something happens.
	Deadline time.Time `json:"deadline"`

	// Claims are the agents who may join, the first one first. At most
	// [MaxAgents].
	Claims []Claim `json:"claims,omitempty"`
	// Joined is how many agents the customer's page sees in the session.
	Joined int `json:"joined,omitempty"`
	// JoinedUnclaimed: the session was once joined while nobody had claimed it.
	// It stays set, so that this is told once ([Change].Unclaimed).
	JoinedUnclaimed bool `json:"joined_unclaimed,omitempty"`
	// Ended says why the session is over.
	Ended Cause `json:"ended,omitempty"`
	// Fault is the last error code that the customer's page reported.
	Fault string `json:"fault,omitempty"`
	// ZoomID is Zoom's session_id, where a webhook has told it.
	ZoomID string `json:"zoom_id,omitempty"`
	// Video is the offer to continue by video, zero where there is none.
	Video VideoOffer `json:"video,omitzero"`

	// PIN is what the record knows of its PIN.
	PIN PIN `json:"-"`
	// Rev grows by one with each write; [Store.Update] compares it.
	Rev int64 `json:"rev"`
}

// Customer is what the site knows of a customer. Both may be empty.
type Customer struct {
	// ID is the site's own reference, at most [MaxCustomerID] characters.
	ID string `json:"id,omitempty"`
	// Name is shown to agents, at most [MaxName] characters.
	Name string `json:"name,omitempty"`
}

// Agent is a person who may claim a session. Who that is has been found out
// elsewhere (package agent).
type Agent struct {
	// ID is never empty.
	ID string `json:"id"`
	// Name is shown to colleagues. It may be empty.
	Name string `json:"name,omitempty"`
}

// Claim is an agent's right to join a session.
type Claim struct {
	Agent
	At time.Time `json:"at"`
}

// PIN is what a record knows of its PIN: enough to recognise it, and to show it
// to the agent who has claimed the session, who must type it into Zoom's desk.
type PIN struct {
	// Key is the HMAC of site and PIN. Empty means that none is bound.
	Key string `json:"key,omitempty"`
	// Sealed is the PIN, encrypted for the holders of the SDK secret.
	Sealed []byte `json:"sealed,omitempty"`
	// Until is when an unclaimed PIN stops working.
	Until time.Time `json:"until,omitzero"`
}

// Cause says why a session is over.
type Cause string

// The causes.
const (
	// CauseCustomer: the customer's page reported session_ended.
	CauseCustomer Cause = "customer"
	// CauseSupervisor: [Manager.End].
	CauseSupervisor Cause = "supervisor"
	// CauseZoom: Zoom's webhook reported session_ended.
	CauseZoom Cause = "zoom"
	// CauseSilence: the customer's page was not heard of in time.
	CauseSilence Cause = "silence"
	// CauseUnclaimed: nobody claimed the PIN in time.
	CauseUnclaimed Cause = "unclaimed"
)

// Limits of the texts in a record. What is longer is cut between characters.
const (
	// MaxName is Zoom's limit of user_name.
	MaxName = 80
	// MaxCustomerID is ours.
	MaxCustomerID = 128
	// MaxPage is ours, in bytes.
	MaxPage = 512
)

// MaxAgents is how many agents a Zoom session takes (error 1013 is for the
// sixth).
const MaxAgents = 5

// StateAt returns the state that holds at a time: a session whose deadline has
// passed is expired, whether or not anybody has written that down.
func (s Session) StateAt(now time.Time) State {
	if s.due(now) {
		return StateExpired
	}
	return s.State
}

// due reports whether a deadline has passed that nobody has written down.
func (s *Session) due(now time.Time) bool { return !s.State.Over() && !now.Before(s.Deadline) }

// ClaimedBy reports whether the agent holds a claim.
func (s Session) ClaimedBy(agentID string) bool {
	return slices.ContainsFunc(s.Claims, func(c Claim) bool { return c.ID == agentID })
}

// Clone returns a copy that shares no memory that could be written to.
func (s Session) Clone() Session {
	s.Claims = slices.Clone(s.Claims)
	s.PIN.Sealed = slices.Clone(s.PIN.Sealed)
	return s
}

// stored is the form of a record in an engine: everything.
type stored struct {
	plain
	PIN PIN `json:"pin,omitzero"`
}

// plain is Session without its methods, so that embedding it promotes none.
type plain Session

// Encode returns the record as an engine keeps it.
func Encode(s Session) ([]byte, error) {
	data, err := json.Marshal(stored{plain(s), s.PIN})
	if err != nil {
		return nil, fmt.Errorf("encoding session: %w", err)
	}
	return data, nil
}

// Decode is the inverse of [Encode].
func Decode(data []byte) (Session, error) {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return Session{}, fmt.Errorf("decoding session: %w", err)
	}
	s.plain.PIN = s.PIN
	return Session(s.plain), nil
}
