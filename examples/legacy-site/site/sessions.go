package site

import (
	"encoding/hex"
	"io"
	"sync"
)

// cookieName is the session cookie, named as application servers of the time did.
const cookieName = "HVSESSIONID"

// sessionLimit bounds how many visitors are logged in at once. The one more
// logs all others out, which no demo will notice.
const sessionLimit = 1000

// sessions remembers who is logged in, in this process only.
type sessions struct {
	random io.Reader

	mu   sync.Mutex
	live map[string]struct{}
}

func newSessions(random io.Reader) *sessions {
	return &sessions{random: random, live: make(map[string]struct{})}
}

// open begins a session and returns its identifier. It fails only where the
// random source does.
func (s *sessions) open() (string, error) {
	id, err := randomHex(s.random, 16)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.live) >= sessionLimit {
		clear(s.live)
	}
	s.live[id] = struct{}{}
	return id, nil
}

func (s *sessions) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.live[id]
	return ok
}

func (s *sessions) close(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, id)
}

// randomHex returns n random bytes in hexadecimal.
func randomHex(random io.Reader, n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", err
	}
	return hex.EncodeToString(raw), nil
}
