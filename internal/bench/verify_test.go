package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A proxy that does less than it claims, or more, is found out.
func TestVerifyFindsCheats(t *testing.T) {
	const page = "<html><head><title>x</title></head><body></body></html>"
	const edited = "<html><head>" + peerTag + "<title>x</title></head><body></body></html>"
	document := workload{path: "/", document: true}
	tests := []struct {
		name   string
		w      workload
		edits  bool
		answer string
		honest bool
	}{
		{"edits", document, true, edited, true},
		{"passes", document, false, page, true},
		{"does nothing", document, true, page, false},
		{"edits though it should pass", document, false, edited, false},
		{"edits what is no document", workload{path: "/"}, true, edited, false},
		{"passes what is no document", workload{path: "/"}, true, page, true},
		{"two tags", document, true, strings.Replace(edited, "<head>", "<head>"+peerTag, 1), false},
		{"tag in another place", document, true, strings.Replace(page, "</head>", peerTag+"</head>", 1), false},
		{"changes the rest", document, true, strings.Replace(edited, "<body>", "<body >", 1), false},
		{"is not compressed", workload{path: "/", document: true, gzip: true}, true, edited, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			origin, proxy := serveText(t, page), serveText(t, tt.answer)
			err := verify(t.Context(), tt.w, peer{edits: tt.edits}, proxy, origin)
			if tt.honest && err != nil || !tt.honest && !errors.Is(err, errIdle) {
				t.Errorf("error %v, honest: %v", err, tt.honest)
			}
		})
	}
}

func serveText(t *testing.T, text string) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
