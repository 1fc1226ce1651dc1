package sandbox

import (
	"slices"
	"strconv"
	"time"
)

// session is one customer's page, shared. The hub's lock guards it.
type session struct {
	id, pin, browser         string
	address                  string // that began it
	secret                   digest
	settings                 settings
	customerID, customerName string

	// tabs are the customer's connections; the last one is the one that shares.
	tabs   []*member
	agents []*agent
	serial int

	created time.Time
	alone   time.Time // since when there is no agent
	lost    time.Time // since when there is no tab

	// assist is the agent who may scroll, or asks whether they may.
	assist  *agent
	granted bool
	ended   bool
}

// agent is a place in a session. It outlives its connection for a while.
type agent struct {
	id           int
	userID, name string
	secret       digest
	peer         peer // nil while away
	lost         time.Time
	// snapshot is when this agent last had the page recorded anew.
	snapshot time.Time
}

// label names an agent within the session, in frames and strokes.
func (a *agent) label() string { return "a" + strconv.Itoa(a.id) }

// byCustomer is the label of the customer.
const byCustomer = "c"

func (s *session) active() *member {
	if len(s.tabs) == 0 {
		return nil
	}
	return s.tabs[len(s.tabs)-1]
}

func (s *session) tellCustomer(f frame) {
	if t := s.active(); t != nil {
		t.peer.send(f.bytes())
	}
}

func (s *session) tellAgents(f frame) { s.relay(f.bytes(), nil) }

// relay sends a frame to all agents but one.
func (s *session) relay(b []byte, except *agent) {
	for _, a := range s.agents {
		if a.peer != nil && a != except {
			a.peer.send(b)
		}
	}
}

// watched reports whether any agent is looking.
func (s *session) watched() bool {
	return slices.ContainsFunc(s.agents, func(a *agent) bool { return a.peer != nil })
}

// record makes the sharing tab record its page from the beginning, or stop.
func (s *session) record() { s.tellCustomer(frame{"t": "record", "on": s.watched()}) }

func (s *session) agentList() []frame {
	list := make([]frame, 0, len(s.agents))
	for _, a := range s.agents {
		list = append(list, frame{"id": a.label(), "name": a.name, "here": a.peer != nil})
	}
	return list
}

// activate makes a tab the one that shares.
func (s *session) activate(m *member) {
	if old := s.active(); old == m {
		return
	} else if old != nil {
		old.peer.send(frame{"t": "active", "on": false}.bytes())
	}
	s.tabs = append(slices.DeleteFunc(s.tabs, func(t *member) bool { return t == m }), m)
	s.share(m)
}

// share is what follows when a tab begins to share.
func (s *session) share(m *member) {
	m.peer.send(frame{"t": "active", "on": true}.bytes())
	s.tellAgents(frame{"t": "customer", "here": true, "page": m.page})
	s.record()
	s.showAssist()
}

// replaceTab lets go of a tab that comes back while its old connection still
// looks alive: a network that went away in silence is noticed much later.
func (s *session) replaceTab(name string) {
	for i, t := range s.tabs {
		if name != "" && t.tab == name {
			s.tabs = slices.Delete(s.tabs, i, i+1)
			t.peer.finish(frame{"t": "moved"}.bytes())
			return
		}
	}
}

// loseTab is told that a tab's connection is gone.
func (s *session) loseTab(m *member, now time.Time) {
	if !slices.Contains(s.tabs, m) {
		return // there is a newer connection
	}
	wasActive := s.active() == m
	s.tabs = slices.DeleteFunc(s.tabs, func(t *member) bool { return t == m })
	next := s.active()
	switch {
	case next == nil:
		s.lost = now
		s.tellAgents(frame{"t": "customer", "here": false})
	case wasActive:
		s.share(next)
	}
}

// connect gives an agent a connection and asks for the page.
func (s *session) connect(a *agent, p peer, secret string) *member {
	a.peer = p
	page, here := "", false
	if t := s.active(); t != nil {
		page, here = t.page, true
	}
	a.peer.send(frame{
		"t": "joined", "id": s.id, "secret": secret, "me": a.label(), "customer": s.customerName,
		"page": page, "here": here, "settings": s.settings, "agents": s.agentList(),
		"assist": s.assist == a && s.granted,
	}.bytes())
	s.record()
	return &member{session: s, agent: a, peer: p}
}

// loseAgent is told that an agent's connection is gone; the place is kept.
func (s *session) loseAgent(m *member, now time.Time) {
	if m.agent.peer != m.peer {
		return // there is a newer connection
	}
	m.agent.peer = nil
	m.agent.lost = now
	s.tellAgents(frame{"t": "agents", "list": s.agentList()})
	if !s.watched() {
		s.record()
	}
}

// forgetAgents removes those who have been away for too long.
func (s *session) forgetAgents(now time.Time, patience time.Duration) {
	for _, a := range slices.Clone(s.agents) {
		if a.peer == nil && now.Sub(a.lost) >= patience {
			s.remove(a, now)
		}
	}
}

// remove takes an agent out of the session.
func (s *session) remove(a *agent, now time.Time) {
	if s.assist == a {
		s.stopAssist()
	}
	s.agents = slices.DeleteFunc(s.agents, func(x *agent) bool { return x == a })
	s.tellCustomer(frame{"t": "agent", "on": false, "id": a.label(), "name": a.name})
	s.tellAgents(frame{"t": "agents", "list": s.agentList()})
	s.tellAgents(frame{"t": "clear", "by": a.label()})
	if len(s.agents) == 0 {
		s.alone = now
	}
	if !s.watched() {
		s.record()
	}
}
