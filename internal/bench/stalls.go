package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// stallWorkloads are the pages that stop after their head.
func stallWorkloads() []workload {
	return []workload{
		{name: "identity", path: "/stall", document: true},
		{name: "gzip", path: "/stall", document: true, gzip: true},
	}
}

// measureStalls measures how long the first byte of a page takes, where its
// origin sends the head and then waits.
func (b *bench) measureStalls(ctx context.Context, r *results) error {
	all, err := b.startAll(ctx, r, sectionStall)
	if err != nil {
		return err
	}
	defer stopAll(all)
	for _, w := range stallWorkloads() {
		b.say("%s, %s", sectionStall, w.name)
		for _, one := range all {
			put(r.Stalls, w.name, one.peer.name, nil)
		}
		for range b.rounds {
			for _, one := range all {
				var took time.Duration
				counts, err := one.counting(ctx, func() (err error) {
					took, err = firstByte(ctx, w, one.address)
					return err
				})
				if err != nil {
					return fmt.Errorf("%s, %s: %w", w.name, one.peer.name, err)
				}
				r.decided(sectionStall, counts)
				r.Stalls[w.name][one.peer.name] = append(r.Stalls[w.name][one.peer.name], took)
			}
		}
	}
	return nil
}

// firstByte fetches a page whole and returns when the first byte of its body
// was there, counted from the request.
func firstByte(ctx context.Context, w workload, address string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := w.newRequest(ctx, address)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.ReadFull(response.Body, make([]byte, 1)); err != nil {
		return 0, err
	}
	took := time.Since(began)
	_, err = io.Copy(io.Discard, response.Body)
	return took, err
}
