package sandbox

import (
	"slices"
	"time"
)

// snapshotPause is how often an agent may have the page recorded anew.
const snapshotPause = time.Second

// handle does what a member's frame asks. Frames that this member may not send
// are refused, which ends its connection; frames that come too late, such as
// those of a tab that no longer shares, are dropped.
func (h *hub) handle(m *member, msg *message) error {
	var events []byte // megabytes perhaps, so copied before anybody has to wait
	if msg.Type == typeEvents && m.agent == nil {
		events = eventsFrame(msg.Events)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := m.session
	if s.ended || !s.has(m) {
		return nil
	}
	switch {
	case msg.Type == typePing:
		m.peer.send([]byte(`{"t":"pong"}`))
		return nil
	case msg.Type == typeEnd && m.agent != nil:
		h.end(s, endAgent)
		return nil
	case msg.Type == typeEnd:
		h.end(s, endCustomer)
		return nil
	case m.agent != nil:
		return h.handleAgent(s, m.agent, msg)
	default:
		return s.handleTab(m, msg, events)
	}
}

// has reports whether a member still has its place: a newer connection may
// have taken it.
func (s *session) has(m *member) bool {
	if m.agent != nil {
		return m.agent.peer == m.peer
	}
	return slices.Contains(s.tabs, m)
}

// handleTab does what a customer's frame asks; events is the one to be relayed.
func (s *session) handleTab(m *member, msg *message, events []byte) error {
	if msg.Type == typeFocus {
		s.activate(m)
		return nil
	}
	current := s.active() == m
	switch msg.Type {
	case typeEvents:
		if current {
			s.relay(events, nil)
		}
	case typeDraw, typeUndo, typeClear:
		if !s.settings.CustomerDraw {
			return refuse(CodeUndefined, "the settings do not let the customer draw")
		}
		if current {
			s.tellAgents(drawing(msg, byCustomer))
		}
	case typeAssist:
		if current {
			s.answerAssist(msg.On)
		}
	default:
		return refuse(CodeUndefined, "a customer may not send this frame now")
	}
	return nil
}

func (h *hub) handleAgent(s *session, a *agent, msg *message) error {
	switch msg.Type {
	case typeDraw, typeUndo, typeClear:
		if !s.settings.AgentDraw {
			return refuse(CodeUndefined, "the settings do not let agents draw")
		}
		f := drawing(msg, a.label())
		s.tellCustomer(f)
		s.relay(f.bytes(), a)
	case typeAssist:
		return s.askAssist(a, msg.On)
	case typeScroll:
		if s.assist == a && s.granted {
			s.tellCustomer(frame{"t": "scroll", "x": msg.X, "y": msg.Y})
		}
	case typeSnapshot:
		if now := h.now(); now.Sub(a.snapshot) >= snapshotPause {
			a.snapshot = now
			s.record()
		}
	case typeLeave:
		p := a.peer
		a.peer = nil
		s.remove(a, h.now())
		p.finish(frame{"t": "left"}.bytes())
	default:
		return refuse(CodeUndefined, "an agent may not send this frame now")
	}
	return nil
}

// drawing is a frame about strokes, with who sent it.
func drawing(msg *message, by string) frame {
	switch msg.Type {
	case typeDraw:
		st := *msg.Stroke
		st.By = by
		return frame{"t": typeDraw, "s": st}
	case typeUndo:
		return frame{"t": typeUndo, "id": msg.ID, "by": by}
	default:
		return frame{"t": typeClear, "by": by}
	}
}

// askAssist is an agent's wish to scroll, or to stop.
func (s *session) askAssist(a *agent, on bool) error {
	switch {
	case !s.settings.Assist:
		return refuse(CodeUndefined, "the settings do not allow remote assist")
	case !on:
		if s.assist == a {
			s.stopAssist()
		}
	case s.assist != nil && s.assist != a:
		a.peer.send(frame{"t": "assist", "state": "busy"}.bytes())
	case s.active() == nil:
		a.peer.send(frame{"t": "assist", "state": "away"}.bytes())
	default:
		s.assist, s.granted = a, !s.settings.Consent
		s.showAssist()
		if s.granted {
			a.peer.send(frame{"t": "assist", "state": "granted"}.bytes())
		}
	}
	return nil
}

// showAssist tells the sharing tab who may scroll, or wants to.
func (s *session) showAssist() {
	if s.assist != nil {
		s.tellCustomer(frame{"t": "assist", "on": true, "name": s.assist.name, "granted": s.granted})
	}
}

// answerAssist is the customer's answer, or their wish to stop.
func (s *session) answerAssist(on bool) {
	a := s.assist
	if a == nil {
		return
	}
	if !on {
		s.assist = nil
		state := "refused"
		if s.granted {
			state = "stopped"
		}
		s.granted = false
		s.tellAgent(a, state)
		return
	}
	s.granted = true
	s.tellAgent(a, "granted")
}

// stopAssist ends it from the agent's side.
func (s *session) stopAssist() {
	a := s.assist
	s.assist, s.granted = nil, false
	s.tellCustomer(frame{"t": "assist", "on": false})
	s.tellAgent(a, "stopped")
}

func (s *session) tellAgent(a *agent, state string) {
	if a.peer != nil {
		a.peer.send(frame{"t": "assist", "state": state}.bytes())
	}
}
