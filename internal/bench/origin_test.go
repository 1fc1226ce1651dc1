package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
)

func fetch(t *testing.T, handler http.Handler, w workload) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, w.path, nil)
	r.Header = w.header()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder
}

func TestOriginPagesHaveTheirSize(t *testing.T) {
	origin := newOrigin()
	for path, want := range map[string]int{
		"/html/2k": 2 << 10, "/html/20k": 20 << 10, "/html/100k": 100 << 10, "/html/1m": 1 << 20, "/html/10m": 10 << 20,
		"/dynamic": 20 << 10, "/binary": binarySize,
	} {
		answer := fetch(t, origin, workload{path: path, document: true})
		if got := answer.Body.Len(); got != want {
			t.Errorf("%s: %d bytes, want %d", path, got, want)
		}
		if path == "/dynamic" != (answer.Header().Get("Content-Length") == "") {
			t.Errorf("%s: Content-Length %q", path, answer.Header().Get("Content-Length"))
		}
	}
}

func TestOriginSendsGzipWhereAskedTo(t *testing.T) {
	origin := newOrigin()
	plain := fetch(t, origin, workload{path: "/html/20k", document: true})
	zipped := fetch(t, origin, workload{path: "/html/20k", document: true, gzip: true})
	if zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Header().Get("Content-Length") != strconv.Itoa(zipped.Body.Len()) {
		t.Errorf("header %v for %d bytes", zipped.Header(), zipped.Body.Len())
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(body, plain.Body.Bytes()) {
		t.Errorf("decompressed: %v, equal: %v", err, bytes.Equal(body, plain.Body.Bytes()))
	}
	if json := fetch(t, origin, workload{path: "/json", gzip: true}); json.Header().Get("Content-Encoding") != "" {
		t.Error("JSON came in gzip")
	}
}

// The stall's first part is sent and flushed before the rest: the recorder
// keeps what was flushed in one body, so only the outcome is compared here.
func TestStallIsTheSamePageInBothEncodings(t *testing.T) {
	origin := newOrigin()
	plain := fetch(t, origin, stallWorkloads()[0])
	zipped := fetch(t, origin, stallWorkloads()[1])
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(body, plain.Body.Bytes()) || !plain.Flushed || !zipped.Flushed {
		t.Errorf("decompressed: %v, %d bytes, want %d; flushed: %v, %v", err, len(body), plain.Body.Len(), plain.Flushed, zipped.Flushed)
	}
}

func TestGoProxiesDoTheirWork(t *testing.T) {
	origin := httptest.NewServer(newOrigin())
	defer origin.Close()
	target, err := url.Parse(origin.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{kindPlain, kindReadAll} {
		handler, err := newGoProxy(kind, target)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		defer server.Close()
		for _, w := range workloads() {
			p := peer{name: kind, edits: kind == kindReadAll}
			if err := verify(t.Context(), w, p, server.Listener.Addr().String(), origin.Listener.Addr().String()); err != nil {
				t.Errorf("%s, %s: %v", kind, w.name, err)
			}
		}
	}
	if _, err := newGoProxy("magic", target); err == nil {
		t.Error("an unknown kind was accepted")
	}
}
