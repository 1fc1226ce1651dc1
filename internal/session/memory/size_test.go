package memory_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

// TestSetMaxSessions: a smaller size forgets nobody, and a larger one counts at
// once.
func TestSetMaxSessions(t *testing.T) {
	s, err := memory.New(memory.Config{MaxSessions: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	create := func(n int) error {
		_, err := s.Create(t.Context(), session.Session{ID: fmt.Sprint(n), Site: "shop"}, time.Hour)
		return err
	}
	if err := errors.Join(create(1), create(2)); err != nil {
		t.Fatal(err)
	}
	s.SetMaxSessions(1)
	if _, err := s.Get(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	if err := create(3); !errors.Is(err, session.ErrFull) {
		t.Errorf("above the size: %v", err)
	}
	s.SetMaxSessions(3)
	if err := create(3); err != nil {
		t.Error(err)
	}
}
