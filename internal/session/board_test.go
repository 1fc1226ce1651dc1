package session

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// TestBoardLoadsForAll: those who ask while a list is loaded share the next
// loading, also where it takes longer than a list may be old.
func TestBoardLoadsForAll(t *testing.T) {
	b, loads := newBoards(), 0
	var mu sync.Mutex
	entered, release := make(chan struct{}, 1000), make(chan struct{})
	load := func(ctx context.Context, site string) ([]*entry, error) {
		mu.Lock()
		loads++
		n := loads
		mu.Unlock()
		entered <- struct{}{}
		select {
		case <-release:
			return []*entry{{session: Session{Site: site, Rev: int64(n)}}}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	frozen := func() time.Time { return ticketTime }
	var wg sync.WaitGroup
	ask := func(least int64) {
		wg.Go(func() {
			entries, err := b.get(t.Context(), "a", -1, frozen, load)
			if err != nil || entries[0].session.Rev < least {
				t.Errorf("got %+v, %v; want loading %d or later", entries, err, least)
			}
		})
	}
	ask(1)
	<-entered
	for range 100 {
		ask(2) // the loading that goes on began before
	}
	time.Sleep(50 * time.Millisecond) // most of them have asked; the others ask later
	close(release)
	wg.Wait()
	if loads < 2 || loads > 50 {
		t.Errorf("%d loadings for 101 who asked", loads)
	}
	if _, err := b.get(t.Context(), "a", time.Hour, frozen, func(context.Context, string) ([]*entry, error) {
		return nil, errors.New("it was to be shared")
	}); err != nil {
		t.Error(err)
	}
}

// TestBoardAfterFailure: a loading that failed is nobody's list.
func TestBoardAfterFailure(t *testing.T) {
	b, broken := newBoards(), errors.New("broken")
	now := func() time.Time { return ticketTime }
	if _, err := b.get(t.Context(), "a", time.Hour, now, func(context.Context, string) ([]*entry, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	entries, err := b.get(t.Context(), "a", time.Hour, now, func(context.Context, string) ([]*entry, error) { return make([]*entry, 3), nil })
	if err != nil || len(entries) != 3 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	b.of("b").loading <- struct{}{} // somebody loads
	if _, err := b.get(gone, "b", 0, now, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("who left while another loaded: %v", err)
	}
	for i := range 2 * maxBoards { // host names of anybody's invention
		b.of(string(rune(0x4e00 + i)))
	}
	if n := len(b.bySite); n > maxBoards {
		t.Errorf("%d boards", n)
	}
}
