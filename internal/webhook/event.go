package webhook

import (
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/redact"
)

// Types of the proxy's events: the "type" of the body.
const (
	TypeSessionCreated = "session.created"
	TypeSessionClaimed = "session.claimed"
	TypeSessionEnded   = "session.ended"
)

// Event is the data of one of the proxy's own events: [SessionCreated],
// [SessionClaimed] or [SessionEnded]. Posted, one looks like this:
//
//	{
//	  "type": "session.claimed",
//	  "timestamp": "2026-11-23T00:55:01.042Z",
//	  "data": {
//	    "session_id": "5f0c…",
//	    "site": "shop.example",
//	    "page": "https://shop.example/checkout",
//	    "customer": {"id": "4711", "name": "Ada"},
//	    "agent": {"id": "anna", "name": "Anna", "source": "oidc"}
//	  }
//	}
//
// timestamp is when it happened (UTC, RFC 3339); when it was posted stands in the
// header webhook-timestamp. Receivers must ignore members that they do not know.
type Event interface {
	// event returns the type, and the data as it is to be posted.
	event() (string, any)
}

// Session is what every event says of its session. Empty members are left out.
type Session struct {
	// ID is the proxy's identifier of the session; never a PIN.
	ID string `json:"session_id"`
	// Site is the host of the page.
	Site string `json:"site,omitempty"`
	// Page is the customer's page. User information, query, fragment and path
	// parameters are removed.
	Page string `json:"page,omitempty"`
	// Customer is who the site says its customer is; nil where it does not.
	Customer *Person `json:"customer,omitempty"`
}

// Person is a customer or an agent.
type Person struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Source says who vouches for an agent: "oidc", "jwt", "caddy_user".
	Source string `json:"source,omitempty"`
}

// SessionCreated: a customer has asked for help.
type SessionCreated struct {
	Session
}

// SessionClaimed: an agent has taken the session.
type SessionClaimed struct {
	Session
	// Agent is who.
	Agent Person `json:"agent"`
}

// SessionEnded: the session is over, or has expired.
type SessionEnded struct {
	Session
	// Agent is who had it; nil where nobody did.
	Agent *Person `json:"agent,omitempty"`
	// Reason says in a word who or what ended it: "customer", "agent",
	// "supervisor", "expired".
	Reason string `json:"reason,omitempty"`
	// Created, Claimed and Ended are when it was; zero times are left out.
	Created time.Time `json:"created_at,omitzero"`
	Claimed time.Time `json:"claimed_at,omitzero"`
	Ended   time.Time `json:"ended_at,omitzero"`
}

func (e SessionCreated) event() (string, any) {
	e.Session = e.cleaned()
	return TypeSessionCreated, e
}

func (e SessionClaimed) event() (string, any) {
	e.Session, e.Agent = e.cleaned(), e.Agent.cleaned()
	return TypeSessionClaimed, e
}

func (e SessionEnded) event() (string, any) {
	e.Session, e.Agent, e.Reason = e.cleaned(), e.Agent.cleanedOrNil(), redact.Text(e.Reason, maxName)
	e.Created, e.Claimed, e.Ended = utcMillis(e.Created), utcMillis(e.Claimed), utcMillis(e.Ended)
	return TypeSessionEnded, e
}

// cleaned bounds every text, so that a queue of events is bounded, too.
func (s Session) cleaned() Session {
	return Session{
		ID: redact.Text(s.ID, maxID), Site: redact.Text(s.Site, maxName), Page: redact.Text(redact.Address(s.Page), maxURL),
		Customer: s.Customer.cleanedOrNil(),
	}
}

func (p Person) cleaned() Person {
	return Person{ID: redact.Text(p.ID, maxID), Name: redact.Text(p.Name, maxName), Source: redact.Text(p.Source, maxName)}
}

func (p *Person) cleanedOrNil() *Person {
	if p == nil {
		return nil
	}
	person := p.cleaned()
	return &person
}

// utcMillis keeps zero zero.
func utcMillis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
