package memory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

// TestFullOfValues: what is there can still be changed, and what has expired makes
// room.
func TestFullOfValues(t *testing.T) {
	clock := newClock()
	s, err := memory.New(memory.Config{MaxValues: 2, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, v, one := t.Context(), s.Values(), []byte("1")
	for _, key := range []string{"a", "b", "a"} {
		if err := v.Put(ctx, key, one, time.Minute); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := v.Put(ctx, "c", one, time.Minute); !errors.Is(err, session.ErrFull) {
		t.Errorf("a third of two: %v", err)
	}
	if swapped, err := v.Swap(ctx, "c", nil, one, time.Minute); swapped || !errors.Is(err, session.ErrFull) {
		t.Errorf("a third of two: %v, %v", swapped, err)
	}
	if swapped, err := v.Swap(ctx, "a", one, []byte("2"), time.Hour); !swapped || err != nil {
		t.Errorf("changing one of two: %v, %v", swapped, err)
	}
	clock.Advance(time.Minute)
	if err := v.Put(ctx, "c", one, time.Minute); err != nil {
		t.Errorf("when b has expired: %v", err)
	}
	if _, err := memory.New(memory.Config{MaxValues: -1}); err == nil {
		t.Error("less than nothing is accepted")
	}
}
