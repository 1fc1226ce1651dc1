package proxy

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/webhook"
)

// helpDesk joins customers and agents: it answers the routes of sessions, of
// which package session keeps the records.
//
//	POST {base}/sessions               a customer's click: record, ticket, token
//	POST {base}/sessions/{id}/events   what becomes of it, from the customer's page
//	POST {base}/desk/join              an agent's token, after a claim
//	POST {base}/desk/release, end      gives a claim up; ends a session
//	POST {base}/desk/video             offers to continue by video
//	GET  {base}/desk/events            the waiting list, live
//	POST {base}/webhooks/zoom          what Zoom tells
//
// A customer's routes know who asks by the ticket, an agent's by the agents'
// identity source, and both serve pages of this site only.
type helpDesk struct {
	sessions  *session.Manager
	own       session.Store // nil where the operator gave one
	minter    *token.Minter
	origins   originPolicy
	limiter   *clientLimiter // of customers' sessions
	events    *clientLimiter // of what their pages report
	agentRate *clientLimiter
	agents    agent.Identifier
	customer  func(*http.Request) (id, name string)
	clientIP  func(*http.Request) string
	lifetime  time.Duration // of customers' tokens
	site      string
	record    *recorder
	zoom      *webhook.Zoom  // nil where the operator named no secret
	video     *videoEndpoint // nil where it is not configured
	sweeper   *sweeper
	stop      chan struct{} // closed to end the streams of desks
	ending    sync.Once
	streams   streamCount
	now       func() time.Time
}

// heartbeat is how often a customer's page should report that it is there.
const heartbeat = 20 * time.Second

// createdReply answers POST sessions. Token and SDKToken are the same, as on the
// token route; PIN is given to start as customPinCode where PINs are ours.
type createdReply struct {
	ID        string        `json:"id"`
	Ticket    string        `json:"ticket"`
	Token     string        `json:"token"`
	SDKToken  string        `json:"sdkToken"`
	State     session.State `json:"state"`
	Heartbeat int           `json:"heartbeat"` // seconds
	PIN       string        `json:"pin,omitempty"`
}

// serveCreate answers POST sessions.
func (d *helpDesk) serveCreate(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Page string `json:"page"`
	}
	d.serveSigned(w, "customer", http.StatusCreated, func() (any, *fault) {
		if f := d.admit(w, r, d.limiter, &body); f != nil {
			return nil, f
		}
		return d.create(r, body.Page)
	})
}

// serveSigned answers a request for something that is signed, and counts for the
// role what it came to. Without a fault, the reply goes out with the status.
func (d *helpDesk) serveSigned(w http.ResponseWriter, role string, status int, sign func() (any, *fault)) {
	reply, f := sign()
	if f != nil {
		d.record.observer.Token(role, f.code)
		f.write(w)
		return
	}
	d.record.observer.Token(role, resultMinted)
	writeJSON(w, status, jsonContentType, reply)
}

// create makes the record, and the token of its customer.
func (d *helpDesk) create(r *http.Request, page string) (*createdReply, *fault) {
	id, name := identifyCustomer(d.customer, r, d.record.logger)
	id, name = token.FitUserID(id), token.FitUserName(name)
	made, err := d.sessions.Create(r.Context(), session.CreateRequest{
		Site: d.site, Customer: session.Customer{ID: id, Name: name}, Page: page, Addr: addr(d.clientIP(r)),
	})
	if err != nil {
		return nil, d.sessionFault(err)
	}
	signed, err := d.minter.Mint(token.Grant{
		Role: token.RoleCustomer,
		// The session's own ID, so that Zoom's webhooks find the record.
		UserID: made.Session.ID, UserName: customerName(id, name),
		Lifetime: d.lifetime,
	})
	if err != nil {
		d.record.logger.Error("minting a token failed", "error", err)
		return nil, faultStore
	}
	d.record.created(r, &made.Session, signed)
	d.sweeper.arm()
	return &createdReply{
		ID: made.Session.ID, Ticket: made.Ticket, Token: signed, SDKToken: signed,
		State: made.Session.State, Heartbeat: int(heartbeat / time.Second), PIN: made.PIN,
	}, nil
}

// customerName is what agents read of a customer.
func customerName(id, name string) string {
	switch {
	case name != "":
		return name
	case id != "":
		return token.FitUserName(id)
	default:
		return "Customer"
	}
}

// eventBody is what a customer's page reports.
type eventBody struct {
	Ticket string            `json:"ticket"`
	Event  session.EventKind `json:"event"`
	PIN    string            `json:"pin"`
	Page   string            `json:"page"`
	Code   string            `json:"code"`
}

// eventReply tells the page where its session stands.
type eventReply struct {
	State  session.State `json:"state"`
	Agents int           `json:"agents"`
	// Video is there while an agent who is in the session offers to continue by
	// video.
	Video *videoPart `json:"video,omitempty"`
}

// serveEvent answers POST sessions/{id}/events.
func (d *helpDesk) serveEvent(w http.ResponseWriter, r *http.Request, id string) {
	var body eventBody
	if f := d.admit(w, r, d.events, &body); f != nil {
		f.write(w)
		return
	}
	change, err := d.sessions.Event(r.Context(), session.EventRequest{
		Site: d.site, ID: id, Ticket: body.Ticket, Addr: addr(d.clientIP(r)),
		Event: session.Event{Kind: body.Event, PIN: body.PIN, Page: body.Page, Code: body.Code},
	})
	if err != nil && !errors.Is(err, session.ErrOver) {
		d.sessionFault(err).write(w)
		return
	}
	if err == nil {
		d.record.changed(r.Context(), &change, d.record.requestID(r))
		d.sweeper.arm()
	}
	// That it is over is an answer, not a fault: a page that was asleep acts on it.
	state := change.Session.State
	if !state.Valid() {
		state = session.StateEnded
	}
	writeJSON(w, http.StatusOK, jsonContentType, eventReply{State: state, Agents: change.Session.Joined, Video: d.customerVideo(r, &change.Session)})
}

// admit lets a request pass the doors that all routes share: method, origin,
// body, rate.
func (d *helpDesk) admit(w http.ResponseWriter, r *http.Request, limiter *clientLimiter, into any) *fault {
	if f := readJSON(w, r, d.origins, into); f != nil {
		return f
	}
	if wait := limiter.wait(d.clientIP(r)); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// sessionFault is the function of this name, and logs faults of the store.
func (d *helpDesk) sessionFault(err error) *fault {
	f := sessionFault(err)
	if f == faultStore {
		d.record.logger.Warn("the session store failed", "error", err)
	}
	return f
}
