package sandbox

import "crypto/subtle"

// join lets an agent in who knows the PIN.
func (h *hub) join(r request) (*member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	d := digestOf(r.Token)
	token := string(d[:])
	if h.byToken.exhausted(token, now) || h.byAddr.exhausted(r.address, now) {
		return nil, refuse(CodeJoinFailed, "too many attempts; wait ten minutes")
	}
	pin, ok := customPIN(r.PIN)
	if !ok {
		return nil, refuse(CodePINFormat, "a PIN is 1 to 10 letters and digits")
	}
	s := h.findPIN(pin)
	if s == nil {
		h.byToken.fail(token, now)
		h.byAddr.fail(r.address, now)
		return nil, refuse(CodePINNotFound, "no session has this PIN")
	}
	if err := h.admit(s, r.claims.UserID); err != nil {
		return nil, err
	}
	secret, err := newSecret(h.random)
	if err != nil {
		return nil, refuse(CodeUndefined, "the sandbox has no random numbers")
	}
	s.serial++
	a := &agent{id: s.serial, userID: r.claims.UserID, name: r.claims.UserName, secret: digestOf(secret)}
	s.agents = append(s.agents, a)
	m := s.connect(a, r.peer, secret)
	s.tellCustomer(frame{"t": "agent", "on": true, "id": a.label(), "name": a.name})
	s.tellAgents(frame{"t": "agents", "list": s.agentList()})
	return m, nil
}

// findPIN looks a PIN up. The last comparison takes the same time for any PIN
// of the same length.
func (h *hub) findPIN(pin string) *session {
	s := h.pins[pin]
	if s == nil || subtle.ConstantTimeCompare([]byte(s.pin), []byte(pin)) != 1 {
		return nil
	}
	return s
}

// admit makes room for an agent, or says why there is none.
func (h *hub) admit(s *session, userID string) error {
	if userID == s.customerID {
		return refuse(CodeDuplicateUser, "the customer has this user_id")
	}
	for _, a := range s.agents {
		if a.userID != userID {
			continue
		}
		if a.peer != nil {
			return refuse(CodeDuplicateUser, "this user is in the session already")
		}
		s.remove(a, h.now()) // the desk was closed and opened again
		break
	}
	if len(s.agents) < h.limits.Agents {
		return nil
	}
	for _, a := range s.agents {
		if a.peer == nil {
			s.remove(a, h.now())
			return nil
		}
	}
	return refuse(CodeAgentCount, "the session has as many agents as it may")
}

// rejoin brings an agent back: another socket, or the desk loaded again.
func (h *hub) rejoin(r request) (*member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.sessions[r.ID]
	if s == nil {
		h.byAddr.fail(r.address, h.now())
		return nil, errGone
	}
	for _, a := range s.agents {
		if a.userID == r.claims.UserID && a.secret.matches(r.Secret) {
			if a.peer != nil {
				// The old socket is a dead one that nobody has noticed yet.
				a.peer.finish(frame{"t": "moved"}.bytes())
			}
			return s.connect(a, r.peer, r.Secret), nil
		}
	}
	h.byAddr.fail(r.address, h.now())
	return nil, errGone
}
