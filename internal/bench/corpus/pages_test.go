package corpus

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/inject"
)

const (
	// corpusVariable names folders with HTML files, separated by colons, as it
	// does for TestCorpus in inject/splice. Without it a few pages of the Go
	// installation and the module cache are taken.
	corpusVariable = "SPLICE_CORPUS"
	// manyPages is how many of a corpus the browsers load, and fewPages how many
	// without one.
	manyPages, fewPages = 200, 6
	// largestPage leaves out what would take browsers seconds each, in bytes.
	largestPage = 2 << 20
	// tag is what goes in.
	tag = `<script src="/_cobrowse/loader-0123456789abcdef.js" async></script>`
)

// sample returns so many distinct pages, in the order of their hashes: each
// package of the corpus has about its share, and the sample is always the same.
func sample(t *testing.T, roots []string, n int) [][]byte {
	t.Helper()
	type page struct {
		sum  [sha256.Size]byte
		name string
	}
	var all []page
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".html") {
				return nil // what cannot be read is left out
			}
			text, err := os.ReadFile(name)
			if err == nil && len(text) <= largestPage && bytes.Contains(bytes.ToLower(text), []byte("<body")) {
				all = append(all, page{sha256.Sum256(text), name})
			}
			return nil
		})
	}
	slices.SortFunc(all, func(a, b page) int { return bytes.Compare(a.sum[:], b.sum[:]) })
	all = slices.CompactFunc(all, func(a, b page) bool { return a.sum == b.sum })
	if len(all) < n {
		t.Fatalf("%d distinct pages in %q, want %d", len(all), roots, n)
	}
	pages := make([][]byte, n)
	for i := range pages {
		text, err := os.ReadFile(all[i].name)
		if err != nil {
			t.Fatal(err)
		}
		pages[i] = text
	}
	return pages
}

// pages are those that the environment asks for.
func pages(t *testing.T) (list [][]byte, all bool) {
	t.Helper()
	if roots := filepath.SplitList(os.Getenv(corpusVariable)); len(roots) > 0 {
		return sample(t, roots, manyPages), true
	}
	out, err := exec.Command("go", "env", "GOROOT", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return sample(t, strings.Fields(string(out)), fewPages), false
}

// compressions are the ways in which origins compress: levels, flushes (after
// so many bytes; 0 is never), and what is compressed ahead of time.
var compressions = []struct {
	level, flush int
	program      []string
}{
	{level: 6},
	{level: 1, flush: 4 << 10},
	{level: 9},
	{level: 6, flush: 256},
	{level: 1},
	{level: 9, flush: 1 << 10},
	{level: 6, flush: 16 << 10},
	{program: []string{"zopfli", "--i1", "-c"}},
	{program: []string{"pigz", "-11", "-c"}},
	{program: []string{"pigz", "-6", "-c"}},
}

// compressed is the i-th page in the i-th of these ways. A program that is not
// installed gives way to level 6, unless the whole corpus is asked for.
func compressed(t *testing.T, i int, text []byte, all bool) []byte {
	t.Helper()
	way := compressions[i%len(compressions)]
	if way.program != nil {
		name := filepath.Join(t.TempDir(), "page.html") // zopfli reads nothing but files
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(way.program[0], append(slices.Clone(way.program[1:]), name)...).Output()
		if err == nil {
			return out
		}
		if all {
			t.Fatalf("%q: %v", way.program, err)
		}
		way.level = 6
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, way.level)
	if err != nil {
		t.Fatal(err)
	}
	for piece := range slices.Chunk(text, max(1, cmp.Or(way.flush, len(text)))) {
		_, _ = z.Write(piece) // a bytes.Buffer takes everything
		if way.flush > 0 {
			_ = z.Flush()
		}
	}
	_ = z.Close()
	return b.Bytes()
}

// page is one of the corpus, as the test's server sends it.
type page struct {
	text              []byte
	original, spliced []byte // in gzip
	// charset is what Content-Type must name: where the tag would push a
	// declaration beyond what browsers look at, the caller puts it there.
	charset string
}

// newPage splices a page. It has to be spliced, not compressed anew, and
// inflating the outcome has to give the text with the tag in it.
func newPage(t *testing.T, i int, text []byte, all bool) page {
	t.Helper()
	p := page{text: text, original: compressed(t, i, text, all)}
	var out bytes.Buffer
	r := inject.New(&out, inject.Options{ContentEncoding: "gzip", Decide: func(h *inject.Head) inject.Edit {
		if h.Skip != "" {
			t.Errorf("page %d is left alone: %s", i, h.Skip)
		}
		p.charset = h.Charset
		return inject.Edit{Tag: tag}
	}})
	defer r.Discard()
	_, err := r.Write(p.original)
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		t.Fatalf("page %d: %v", i, err)
	}
	p.spliced = out.Bytes()
	if got := inflated(t, p.spliced); !bytes.Equal(bytes.Replace(got, []byte(tag), nil, 1), text) || len(got) != len(text)+len(tag) {
		t.Errorf("page %d: %d bytes became %d", i, len(text), len(got))
	}
	if r.Method() != inject.MethodSpliced {
		t.Errorf("page %d of %d bytes was not spliced: %s", i, len(text), r.Method())
	}
	return p
}

func inflated(t *testing.T, body []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
