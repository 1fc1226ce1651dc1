package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// memoryRounds bounds the rounds of what needs a fresh process each time.
const memoryRounds = 3

// memoryTimeout bounds one such round.
const memoryTimeout = 3 * time.Minute

// memory returns what measures by how much a proxy's memory grows above what it
// has when idle: a fresh process for each round, since memory that was taken
// once is rarely given back.
func (b *bench) memory(section string, action func(context.Context, string) error) func(context.Context, *results) error {
	return func(ctx context.Context, r *results) error { return b.measureMemory(ctx, r, section, action) }
}

func (b *bench) measureMemory(ctx context.Context, r *results, section string, action func(context.Context, string) error) error {
	for round := range min(b.rounds, memoryRounds) {
		b.say("%s, round %d of %d", section, round+1, min(b.rounds, memoryRounds))
		for _, p := range b.peers {
			if r.Faults[section][p.name] != "" {
				continue
			}
			growth, counts, err := b.peak(ctx, p, action)
			if err != nil {
				if ctx.Err() != nil {
					return err
				}
				b.say("%s: %s is left out: %v", section, p.name, err)
				r.fault(section, p.name, err)
				continue
			}
			put(r.Memory, section, p.name, append(r.Memory[section][p.name], growth))
			r.decided(section, counts)
		}
	}
	return nil
}

// peak returns the greatest memory of a fresh process during an action, less
// what it had before, and what it decided meanwhile.
func (b *bench) peak(ctx context.Context, p peer, action func(context.Context, string) error) (int64, map[string]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, memoryTimeout)
	defer cancel()
	one, err := b.startPeer(ctx, p)
	if err != nil {
		return 0, nil, err
	}
	defer one.stop()
	// One ordinary page first, so that what is allocated once isn't counted.
	if err := verify(ctx, workloads()[0], p, one.address, b.origin.address); err != nil {
		return 0, nil, err
	}
	var before int64
	counts, err := one.counting(ctx, func() error {
		if before, err = memory(one.pid(), "VmRSS"); err != nil {
			return err
		}
		if err := resetPeak(one.pid()); err != nil {
			return err
		}
		return action(ctx, one.address)
	})
	if err != nil {
		return 0, nil, err
	}
	after, err := memory(one.pid(), "VmHWM")
	return after - before, counts, err
}

// downloadHuge returns an action that fetches a page of so many bytes as fast
// as it comes.
func downloadHuge(size int64) func(context.Context, string) error {
	return func(ctx context.Context, address string) error {
		w := workload{path: fmt.Sprintf("/huge?size=%d", size), document: true}
		return download(ctx, w, address, size)
	}
}

// download fetches a page, which must have at least so many bytes.
func download(ctx context.Context, w workload, address string, size int64) error {
	request, err := w.newRequest(ctx, address)
	if err != nil {
		return err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	n, err := io.Copy(io.Discard, response.Body)
	if err == nil && n < size {
		err = fmt.Errorf("the page ended after %d bytes", n)
	}
	return err
}

// What the slow clients do: they take 1 MB in about four seconds.
const (
	slowClients = 200
	slowStep    = 16 << 10
	slowPause   = 60 * time.Millisecond
)

// readSlowly returns an action that lets many slow clients read a page of 1 MB
// at the same time.
func readSlowly(gzip bool) func(context.Context, string) error {
	w := workload{path: "/html/1m", document: true, gzip: gzip}
	return func(ctx context.Context, address string) error {
		errs := make([]error, slowClients)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { errs[i] = readOneSlowly(ctx, w, address) })
		}
		group.Wait()
		return errors.Join(errs...)
	}
}

// readOneSlowly reads from a connection whose receive buffer is small, so that
// the kernel does not hide that it is slow.
func readOneSlowly(ctx context.Context, w workload, address string) error {
	transport := &http.Transport{
		DisableKeepAlives: true,
		ReadBufferSize:    4 << 10,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if tcp, ok := conn.(*net.TCPConn); ok {
				err = tcp.SetReadBuffer(slowStep)
			}
			return conn, err
		},
	}
	defer transport.CloseIdleConnections()
	request, err := w.newRequest(ctx, address)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	for {
		switch _, err := io.CopyN(io.Discard, response.Body, slowStep); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		select {
		case <-time.After(slowPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
