package sandbox

import (
	"io"
	"sync"
	"time"
)

// peer is the other end of a connection. Its methods do not block.
type peer interface {
	// send queues a frame.
	send(frame []byte)
	// finish queues a last frame and closes the connection after it.
	finish(frame []byte)
}

// hub is all sessions. It has no goroutines and no sockets, so tests drive it
// with a clock of their own. One lock guards everything: what happens
// under it is map lookups and appends to queues.
type hub struct {
	limits Limits
	now    func() time.Time
	random io.Reader

	mu       sync.Mutex
	sessions map[string]*session // by ID
	pins     map[string]*session
	browsers map[string]*session // by browser and site
	begun    map[string]int      // sessions by the address that began them
	byToken  *attempts
	byAddr   *attempts
}

func newHub(l Limits, now func() time.Time, random io.Reader) *hub {
	return &hub{
		limits:   l,
		now:      now,
		random:   random,
		sessions: make(map[string]*session),
		pins:     make(map[string]*session),
		browsers: make(map[string]*session),
		begun:    make(map[string]int),
		byToken:  newAttempts(l.PINAttempts, l.PINWindow),
		byAddr:   newAttempts(l.AddressAttempts, l.PINWindow),
	}
}

// request is a first frame and what is known of its sender.
type request struct {
	*message
	claims  Claims
	address string // as addressKey returns it
	site    string // Origin header
	peer    peer
}

// member is a connection's place in a session: a customer's tab or an agent.
type member struct {
	session *session
	agent   *agent // nil for a customer
	peer    peer
	// page is where the customer's tab is, and tab the name that it has given
	// itself, or "".
	page, tab string
}

func newTab(s *session, r request) *member {
	return &member{session: s, peer: r.peer, page: cleanPage(r.Page), tab: r.Tab}
}

// blocked reports whether an address has failed too often.
func (h *hub) blocked(address string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.byAddr.spent(address, h.now())
}

// failed counts a failure of an address: a bad token, say.
func (h *hub) failed(address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byAddr.fail(address, h.now())
}

// start begins a session for a customer.
func (h *hub) start(r request) (*member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	pin, err := h.ownPIN(r)
	if err != nil {
		return nil, err
	}
	browser := r.Browser + " " + r.site
	if old := h.browsers[browser]; old != nil {
		if len(old.tabs) > 0 {
			return nil, refuse(CodeSessionCount, "this browser shares a page of this site already")
		}
		h.end(old, endReplaced)
	}
	switch {
	case len(h.sessions) >= h.limits.Sessions:
		return nil, refuse(CodeStartFailed, "the sandbox is full")
	case h.begun[r.address] >= h.limits.AddressSessions:
		return nil, refuse(CodeStartFailed, "this address has as many sessions as it may")
	}
	s, secret, err := h.newSession(r, pin)
	if err != nil {
		return nil, refuse(CodeUndefined, "the sandbox has no random numbers")
	}
	if r.Browser == "" {
		browser = s.id // one without storage cannot be told from others
	}
	s.browser = browser
	h.sessions[s.id], h.pins[s.pin], h.browsers[browser] = s, s, s
	h.begun[s.address]++
	m := newTab(s, r)
	s.tabs = append(s.tabs, m)
	m.peer.send(frame{"t": "started", "id": s.id, "secret": secret, "pin": s.pin}.bytes())
	return m, nil
}

// ownPIN returns the PIN that a customer's site has chosen, or "" for one whose
// token does not say enable_byop.
func (h *hub) ownPIN(r request) (string, error) {
	if !wantsOwnPIN(r.Token) {
		return "", nil
	}
	if r.PIN == "" {
		return "", refuse(CodePINRequired, "this token wants a customPinCode")
	}
	pin, ok := customPIN(r.PIN)
	if !ok {
		return "", refuse(CodePINFormat, "a PIN is 1 to 10 letters and digits")
	}
	if h.byAddr.exhausted(r.address, h.now()) {
		return "", refuse(CodeStartFailed, "too many attempts; wait ten minutes")
	}
	if h.pins[pin] != nil {
		h.byAddr.fail(r.address, h.now()) // or it would be a way to find PINs
		return "", refuse(CodePINConflict, "this PIN is in use")
	}
	return pin, nil
}

func (h *hub) newSession(r request, pin string) (*session, string, error) {
	id, err := newSecret(h.random)
	if err != nil {
		return nil, "", err
	}
	secret, err := newSecret(h.random)
	if err != nil {
		return nil, "", err
	}
	if pin == "" {
		if pin, err = newPIN(h.random, func(p string) bool { return h.pins[p] != nil }); err != nil {
			return nil, "", err
		}
	}
	now := h.now()
	return &session{
		id: id, pin: pin, secret: digestOf(secret), settings: *r.Settings, address: r.address,
		customerID: r.claims.UserID, customerName: r.claims.UserName,
		created: now, alone: now,
	}, secret, nil
}

var errGone = refuse(CodeJoinFailed, "there is no such session, or it has ended")

// resume brings a customer back: another page, another tab, another socket.
func (h *hub) resume(r request) (*member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.sessions[r.ID]
	if s == nil || !s.secret.matches(r.Secret) {
		h.byAddr.fail(r.address, h.now())
		return nil, errGone
	}
	s.replaceTab(r.Tab)
	if len(s.tabs) > 0 && !s.settings.MultiTab {
		return nil, refuse(CodeCustomerCount, "another tab shares its page in this session")
	}
	if len(s.tabs) >= h.limits.Tabs {
		return nil, refuse(CodeCustomerCount, "the session has as many tabs as it may")
	}
	s.settings = *r.Settings
	m := newTab(s, r)
	m.peer.send(frame{"t": "resumed", "pin": s.pin, "agents": s.agentList()}.bytes())
	s.activate(m)
	return m, nil
}

// drop is told that a connection is gone.
func (h *hub) drop(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.session.ended {
		return
	}
	if m.agent != nil {
		m.session.loseAgent(m, h.now())
		return
	}
	m.session.loseTab(m, h.now())
}

// sweep ends what has waited too long.
func (h *hub) sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	h.byToken.prune(now)
	h.byAddr.prune(now)
	for _, s := range h.sessions {
		s.forgetAgents(now, h.limits.Reconnect)
		switch {
		case now.Sub(s.created) >= h.limits.Life:
			h.end(s, endExpired)
		case len(s.tabs) == 0 && now.Sub(s.lost) >= h.limits.Reconnect:
			h.end(s, endLost)
		case len(s.agents) == 0 && now.Sub(s.alone) >= h.limits.Unjoined:
			h.end(s, endUnjoined)
		}
	}
}

// endReason says why a session is over.
type endReason string

const (
	endCustomer endReason = "customer" // the customer ended it
	endAgent    endReason = "agent"    // an agent ended it
	endUnjoined endReason = "unjoined" // no agent for too long
	endLost     endReason = "lost"     // the customer was away for too long
	endExpired  endReason = "expired"  // the longest life is over
	endReplaced endReason = "replaced" // the browser began another one
)

// end ends a session and tells everybody.
func (h *hub) end(s *session, why endReason) {
	s.ended = true
	if h.begun[s.address]--; h.begun[s.address] <= 0 {
		delete(h.begun, s.address)
	}
	delete(h.sessions, s.id)
	delete(h.pins, s.pin)
	if h.browsers[s.browser] == s {
		delete(h.browsers, s.browser)
	}
	last := frame{"t": "ended", "reason": string(why)}.bytes()
	for _, t := range s.tabs {
		t.peer.finish(last)
	}
	for _, a := range s.agents {
		if a.peer != nil {
			a.peer.finish(last)
		}
	}
}

// count returns how many sessions there are.
func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions)
}
