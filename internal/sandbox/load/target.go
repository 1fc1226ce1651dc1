package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const (
	sdkKey = "load"
	// addressHeader says which client a connection stands for, as a proxy in
	// front would.
	addressHeader = "X-Load-Address"
	statsPath     = "/load/stats"
)

// target is the service under load, and what tells how it fares.
type target struct {
	service *sandbox.Service
}

func newMinter(secret string) (*token.Minter, error) {
	return token.New(token.Config{Key: sdkKey, Secrets: []string{secret}})
}

func newTarget(secret string) (*target, error) {
	minter, err := newMinter(secret)
	if err != nil {
		return nil, err
	}
	service, err := sandbox.New(sandbox.Config{
		Key: sdkKey,
		Verify: func(signed string) (sandbox.Claims, error) {
			c, err := minter.Verify(signed)
			return sandbox.Claims{Role: int(c.Role), UserID: c.UserID, UserName: c.UserName}, err
		},
		ClientIP: func(r *http.Request) string { return r.Header.Get(addressHeader) },
	})
	if err != nil {
		return nil, err
	}
	return &target{service}, nil
}

func (t *target) close() { _ = t.service.Close() }

func listen() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening on the loopback interface: %w", err)
	}
	return l, nil
}

// stats are bytes, and numbers of things.
type stats struct {
	Heap, Stacks, Resident uint64
	Goroutines, Sessions   int
}

func (t *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != statsPath {
		t.service.ServeHTTP(w, r)
		return
	}
	runtime.GC() // what is in use, not what is yet to be collected
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(stats{
		Heap: m.HeapAlloc, Stacks: m.StackInuse, Resident: resident(),
		Goroutines: runtime.NumGoroutine(), Sessions: t.service.Sessions(),
	})
}

// resident returns the process's resident memory in bytes, or 0 where there is
// no /proc.
func resident() uint64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize()) //nolint:gosec // a page's size is not negative
}
