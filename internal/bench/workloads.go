package main

import (
	"fmt"
	"net/http"
	"slices"
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
	// bytes is how long the body is, before it is compressed.
	bytes int
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

// sizes are those of the pages, by the end of their workloads' names.
var sizes = []struct {
	name        string
	bytes       int
	connections int
}{
	{"2k", 2 << 10, connections},
	{"20k", 20 << 10, connections},
	{"100k", 100 << 10, connections},
	{"1m", 1 << 20, connectionsLarge},
	{"10m", 10 << 20, connectionsHuge},
}

// workloads returns all there are, in the order of the tables.
func workloads() []workload {
	var all []workload
	for _, kind := range []struct {
		name string
		gzip bool
	}{{"html-", false}, {"gzip-", true}} {
		for _, s := range sizes {
			all = append(all, workload{name: kind.name + s.name, path: "/html/" + s.name, document: true, gzip: kind.gzip, bytes: s.bytes, connections: s.connections})
		}
	}
	return append(
		all,
		workload{name: "dynamic-20k", path: "/dynamic", document: true, bytes: dynamicSize, connections: connections},
		workload{name: "dynamic-gzip-20k", path: "/dynamic", document: true, gzip: true, bytes: dynamicSize, connections: connections},
		workload{name: "json-2k", path: "/json", bytes: jsonSize, connections: connections},
		workload{name: "binary-10m", path: "/binary", bytes: binarySize, connections: connectionsHuge},
	)
}

// Sections besides the workloads, which are one together.
const (
	sectionLoads    = "workloads"
	sectionStall    = "stall"
	sectionMemory   = "memory"
	sectionSlow     = "slow"
	sectionSlowGzip = "slow-gzip"
)

// sectionNames lists all that -only may name.
func sectionNames() []string {
	var names []string
	for _, w := range workloads() {
		names = append(names, w.name)
	}
	return append(names, sectionStall, sectionMemory, sectionSlow, sectionSlowGzip)
}

// header returns the request's header fields as a browser sends them: Chromium's
// on a page's own links. All of them count, since a proxy copies and forwards
// them. The encoding is always named: without Accept-Encoding, Go's transport asks
// for gzip by itself, and proxies would no longer pass the same bytes.
func (w workload) header() http.Header {
	h := http.Header{}
	for name, value := range map[string]string{
		"Accept-Language":    "en-GB,en;q=0.9",
		"Cookie":             "session=0123456789abcdef0123456789abcdef; consent=yes",
		"Referer":            "https://bank.example/accounts",
		"Sec-Ch-Ua":          `"Chromium";v="142", "Not_A Brand";v="99"`,
		"Sec-Ch-Ua-Mobile":   "?0",
		"Sec-Ch-Ua-Platform": `"Linux"`,
		"Sec-Fetch-Site":     "same-origin",
		"User-Agent":         "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	} {
		h.Set(name, value)
	}
	if w.document {
		h.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8")
		h.Set("Sec-Fetch-Dest", "document")
		h.Set("Sec-Fetch-Mode", "navigate")
		h.Set("Sec-Fetch-User", "?1")
		h.Set("Upgrade-Insecure-Requests", "1")
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
	return len(s.prefixes) == 0 || slices.ContainsFunc(s.prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}
