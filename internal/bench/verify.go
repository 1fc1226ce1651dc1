package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

// tagForm matches the tag of any proxy of the comparison.
var tagForm = regexp.MustCompile(`<script src="/_cobrowse/loader-[^"]*"[^>]*></script>`)

// errIdle is wrapped where a proxy does not do what it is measured for.
var errIdle = errors.New("the comparison would be unfair")

// verify fetches a workload once through a proxy and once from the origin, and
// compares them: an editing proxy must have put one tag right after <head> of a
// document and changed nothing else; all else must be byte for byte the same.
func verify(ctx context.Context, w workload, p peer, address, origin string) error {
	original, err := fetchPlain(ctx, w, origin)
	if err != nil {
		return err
	}
	got, err := fetchPlain(ctx, w, address)
	if err != nil {
		return err
	}
	if p.edits && w.document {
		if got, err = withoutTag(got); err != nil {
			return err
		}
	}
	if !bytes.Equal(got, original) {
		return fmt.Errorf("the body differs from the origin's: %w", errIdle)
	}
	return nil
}

// withoutTag takes the tag out, which must be there once and in its place.
func withoutTag(page []byte) ([]byte, error) {
	tags := tagForm.FindAllIndex(page, -1)
	if len(tags) != 1 {
		return nil, fmt.Errorf("the page has %d tags, not one: %w", len(tags), errIdle)
	}
	before, after := page[:tags[0][0]], page[tags[0][1]:]
	if !bytes.HasSuffix(before, []byte("<head>")) {
		return nil, fmt.Errorf("the tag does not stand after <head>: %w", errIdle)
	}
	return append(bytes.Clone(before), after...), nil
}

// fetchPlain returns a body, decompressed where it is in gzip. A client that
// takes gzip must have got gzip.
func fetchPlain(ctx context.Context, w workload, address string) ([]byte, error) {
	request, err := w.newRequest(ctx, address)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	coding := response.Header.Get("Content-Encoding")
	if response.StatusCode != http.StatusOK || (coding == "gzip") != w.gzip {
		return nil, fmt.Errorf("status %d, Content-Encoding %q: %w", response.StatusCode, coding, errIdle)
	}
	if !w.gzip {
		return io.ReadAll(response.Body)
	}
	z, err := gzip.NewReader(response.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
