package main

import (
	"fmt"
	"net/http"
	"strings"
)

// workload is one kind of request that all proxies are loaded with.
type workload struct {
	// name is what the report and -only call it.
	name string
	// path is the URL path on the origin.
	path string
	// document says that a browser asks for a page, which is to be edited.
	document bool
	// gzip says that the client takes gzip, and that the origin sends it.
	gzip bool
	// connections is how many the load generator keeps busy.
	connections int
}

// Connections: fewer for large bodies, so that what is measured is the proxy
// and not the kernel's buffers.
const (
	connections      = 32
	connectionsLarge = 16
	connectionsHuge  = 4
)

func workloads() []workload {
	return []workload{
		{name: "html-2k", path: "/html/2k", document: true, connections: connections},
		{name: "html-20k", path: "/html/20k", document: true, connections: connections},
		{name: "html-100k", path: "/html/100k", document: true, connections: connections},
		{name: "html-1m", path: "/html/1m", document: true, connections: connectionsLarge},
		{name: "dynamic-20k", path: "/dynamic", document: true, connections: connections},
		{name: "json-2k", path: "/json", connections: connections},
		{name: "binary-10m", path: "/binary", connections: connectionsHuge},
		{name: "gzip-2k", path: "/html/2k", document: true, gzip: true, connections: connections},
		{name: "gzip-20k", path: "/html/20k", document: true, gzip: true, connections: connections},
		{name: "gzip-100k", path: "/html/100k", document: true, gzip: true, connections: connections},
		{name: "gzip-1m", path: "/html/1m", document: true, gzip: true, connections: connectionsLarge},
	}
}

// Sections besides the workloads.
const (
	sectionStall  = "stall"
	sectionMemory = "memory"
	sectionSlow   = "slow"
)

// sectionNames lists all that -only may name.
func sectionNames() []string {
	var names []string
	for _, w := range workloads() {
		names = append(names, w.name)
	}
	return append(names, sectionStall, sectionMemory, sectionSlow)
}

// header returns the request's header fields as a browser sends them. The
// encoding is always named: without Accept-Encoding, Go's transport asks for
// gzip by itself, and proxies would no longer pass the same bytes.
func (w workload) header() http.Header {
	h := http.Header{}
	if w.document {
		h.Set("Accept", "text/html")
		h.Set("Sec-Fetch-Dest", "document")
		h.Set("Sec-Fetch-Mode", "navigate")
	} else {
		h.Set("Accept", "*/*")
		h.Set("Sec-Fetch-Dest", "empty")
		h.Set("Sec-Fetch-Mode", "cors")
	}
	h.Set("Accept-Encoding", "identity")
	if w.gzip {
		h.Set("Accept-Encoding", "gzip")
	}
	return h
}

// selection decides what is measured, from -only or -peers.
type selection struct{ prefixes []string }

// newSelection refuses words that begin no name. No words select everything.
func newSelection(flag, words string, names []string) (selection, error) {
	var s selection
	for word := range strings.SplitSeq(words, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		s.prefixes = append(s.prefixes, word)
		known := false
		for _, name := range names {
			known = known || strings.HasPrefix(name, word)
		}
		if !known {
			return s, fmt.Errorf("%s: %q is none of %s", flag, word, strings.Join(names, " "))
		}
	}
	return s, nil
}

func (s selection) has(name string) bool {
	for _, prefix := range s.prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return len(s.prefixes) == 0
}
