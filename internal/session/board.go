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
	entries  []*entry
	loadedAt time.Time // when their loading began; zero: never
	load     uint64    // the number of the loading that they are from
	begun    uint64    // how many loadings have begun
}

func newBoards() *boards { return &boards{bySite: make(map[string]*board)} }

// loader reads the list of a site.
type loader func(ctx context.Context, site string) ([]*entry, error)

// get returns the list of a site: the shared one where it is younger than
// maxAge, else a new one, which one caller loads while the others wait. However
// long that takes, a caller waits for two loadings at most: one that began
// before it asked, and one that began after.
func (b *boards) get(ctx context.Context, site string, maxAge time.Duration, now func() time.Time, load loader) ([]*entry, error) {
	board := b.of(site)
	entries, asked, ok := board.fresh(now(), maxAge)
	if ok {
		return entries, nil
	}
	select {
	case board.loading <- struct{}{}:
		defer func() { <-board.loading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if entries, ok := board.since(asked); ok {
		return entries, nil
	}
	begun, number := now(), board.begin()
	entries, err := load(ctx, site)
	if err == nil {
		board.set(entries, begun, number)
	}
	return entries, err
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

// fresh returns the list where it is younger than maxAge, and how many loadings
// have begun.
func (b *board) fresh(now time.Time, maxAge time.Duration) (entries []*entry, begun uint64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.entries, b.begun, !b.loadedAt.IsZero() && now.Sub(b.loadedAt) < maxAge
}

// since returns the list where its loading began when so many others had.
func (b *board) since(begun uint64) ([]*entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.entries, b.load > begun
}

// begin counts a loading that begins.
func (b *board) begin() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun++
	return b.begun
}

func (b *board) set(entries []*entry, begun time.Time, number uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries, b.loadedAt, b.load = entries, begun, number
}

// isGone reports whether an error means that a session need not be cared for.
func isGone(err error) bool { return errors.Is(err, ErrNotFound) || errors.Is(err, ErrOver) }
