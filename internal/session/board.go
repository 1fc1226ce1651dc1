package session

import (
	"context"
	"errors"
	"sync"
	"time"
)

// boards hold, for each site, the list that its desks share: reading and
// sorting 100,000 sessions takes a while, and a thousand desks are woken at
// once.
type boards struct {
	mu     sync.Mutex
	bySite map[string]*board
}

// board is the list of one site. Its entries are never written to.
type board struct {
	loading  chan struct{} // capacity 1: held by whoever loads
	mu       sync.Mutex
	entries  []entry
	loadedAt time.Time // when the loading began; zero: never
}

func newBoards() *boards { return &boards{bySite: make(map[string]*board)} }

// loader reads the list of a site.
type loader func(ctx context.Context, site string) ([]entry, error)

// get returns the list of a site: the shared one where it is younger than
// maxAge, else a new one, which one caller loads while the others wait.
func (b *boards) get(ctx context.Context, site string, maxAge time.Duration, now func() time.Time, load loader) ([]entry, error) {
	board := b.of(site)
	if entries, ok := board.fresh(now(), maxAge); ok {
		return entries, nil
	}
	select {
	case board.loading <- struct{}{}:
		defer func() { <-board.loading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	begun := now()
	if entries, ok := board.fresh(begun, maxAge); ok {
		return entries, nil
	}
	entries, err := load(ctx, site)
	if err != nil {
		return nil, err
	}
	board.set(entries, begun)
	return entries, nil
}

// maxBoards bounds the memory that host names of anybody's invention could cost.
const maxBoards = 1000

// of returns the board of a site. Sites are the operator's host names: few.
func (b *boards) of(site string) *board {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.bySite) >= maxBoards && b.bySite[site] == nil {
		clear(b.bySite)
	}
	if b.bySite[site] == nil {
		b.bySite[site] = &board{loading: make(chan struct{}, 1)}
	}
	return b.bySite[site]
}

func (b *board) fresh(now time.Time, maxAge time.Duration) ([]entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.entries, !b.loadedAt.IsZero() && now.Sub(b.loadedAt) < maxAge
}

func (b *board) set(entries []entry, begun time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries, b.loadedAt = entries, begun
}

// isGone reports whether an error means that a session need not be cared for.
func isGone(err error) bool { return errors.Is(err, ErrNotFound) || errors.Is(err, ErrOver) }
