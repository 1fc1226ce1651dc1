package splice

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
)

// testTag is about as long as a real one.
const testTag = `<script src="/_cobrowse/loader-0123456789ab.js" async></script>`

// run is one stream's way through a Splicer.
type run struct {
	tag   string
	chunk int  // how the input is cut; 0 = not at all
	ahead int  // how much text beyond the place is looked at, as one who reads head does
	hold  bool // Insert waits until the growth is certain
	flush bool // Flush after every piece
	known bool // the length of the input is told
	split bool // half of each piece is not fed if Insert can come without it

	growth  int64
	exact   bool   // at the time of Insert
	settled bool   // in the end
	corrupt bool   // found before Insert: out is the input
	short   bool   // the input ended before Insert: out is the input
	failed  error  // after Insert
	out     []byte // what was written
	writes  []int
}

func (r *run) Write(p []byte) (int, error) {
	r.out = append(r.out, p...)
	r.writes = append(r.writes, len(p))
	return len(p), nil
}

// splice puts the tag at that place of a gzip body's text.
func (r *run) splice(body []byte, at int) {
	s := New()
	defer s.Free()
	if r.known {
		s.Expect(int64(len(body)))
	}
	chunk := r.chunk
	if chunk == 0 {
		chunk = max(len(body), 1)
	}
	inserted := false
	pieces := slices.Collect(slices.Chunk(body, chunk))
	for i, p := range pieces {
		p = bytes.Clone(p)
		if inserted {
			if _, r.failed = s.Write(p); r.failed != nil {
				return
			}
		} else {
			n := len(p)
			if r.split {
				n /= 2
			}
			s.Feed(p[:n])
			inserted = r.advance(s, at, i == len(pieces)-1 && n == len(p), p[n:])
			if !inserted && !r.corrupt && n < len(p) {
				s.Feed(p[n:])
				inserted = r.advance(s, at, i == len(pieces)-1, nil)
			}
			if r.corrupt || r.failed != nil {
				return
			}
		}
		clear(p) // whoever keeps p will be found out
		if r.flush && inserted {
			if r.failed = s.Flush(); r.failed != nil {
				return
			}
		}
	}
	if !inserted {
		r.short = true
		r.out = append(r.out, body...)
		return
	}
	r.failed = s.Close()
	var exact bool
	r.growth, exact = s.Growth()
	r.settled = exact
}

// advance looks for the place and inserts the tag. In the end a page's last
// text may be looked at for less than was hoped for.
func (r *run) advance(s *Splicer, at int, last bool, rest []byte) (inserted bool) {
	state := s.Look(at + r.ahead)
	if state == Corrupt {
		r.corrupt = true
		r.out = append(r.out, s.Fed()...)
		return false
	}
	if len(s.Text()) < at || len(s.members) == 0 || state == More && !last && !r.flush && len(s.Text()) < at+r.ahead {
		return false
	}
	switch state := s.Edit(at); {
	case state == Corrupt:
		r.corrupt = true
		r.out = append(r.out, s.Fed()...)
		return false
	case state == More && r.hold && !last:
		return false
	}
	r.failed = s.Insert(r, []byte(r.tag), rest)
	_, r.exact = s.Growth()
	return true
}

// inflated is the text of a gzip body by one of two decoders.
func inflated(body []byte, klauspost bool) ([]byte, error) {
	var r io.Reader
	var err error
	if klauspost {
		r, err = kgzip.NewReader(bytes.NewReader(body))
	} else {
		r, err = gzip.NewReader(bytes.NewReader(body))
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// checkSplice splices, and checks what comes of it in all ways.
func checkSplice(tb testing.TB, body []byte, at int, r run) run {
	tb.Helper()
	text, err := inflated(body, false)
	if err != nil {
		tb.Fatalf("the test's own body: %v", err)
	}
	if r.tag == "" {
		r.tag = testTag
	}
	r.splice(body, at)
	if r.corrupt || r.short || r.failed != nil {
		tb.Fatalf("at %d of %d: corrupt %v, short %v, %v", at, len(text), r.corrupt, r.short, r.failed)
	}
	want := slices.Concat(text[:at], []byte(r.tag), text[at:])
	for _, klauspost := range []bool{false, true} {
		got, err := inflated(r.out, klauspost)
		if err != nil || !bytes.Equal(got, want) {
			tb.Fatalf("at %d of %d, klauspost %v: %v, %s", at, len(text), klauspost, err, firstDifference(got, want))
		}
	}
	if !r.settled && len(text) > at+window+maxMatch {
		tb.Fatalf("at %d of %d: not settled", at, len(text))
	}
	if r.settled && r.growth != int64(len(r.out)-len(body)) {
		tb.Fatalf("at %d of %d: growth %d, but %d became %d", at, len(text), r.growth, len(body), len(r.out))
	}
	return r
}

func firstDifference(a, b []byte) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("%d and %d bytes, different from %d on: %.60q, %.60q", len(a), len(b), i, a[i:], b[i:])
}

// encoders are kept, since making one takes longer than a page does.
var encoders = map[string]encoder{}

type encoder interface {
	flusher
	Reset(io.Writer)
}

// gzipped compresses with the standard library, flushing every so many bytes.
func gzipped(tb testing.TB, level int, text []byte, flush int) []byte {
	return encodedBy(tb, fmt.Sprint("stdlib", level), func() (encoder, error) { return gzip.NewWriterLevel(nil, level) }, text, flush)
}

// klauspostGzipped does the same with the encoder most Go servers use.
func klauspostGzipped(tb testing.TB, level int, text []byte, flush int) []byte {
	return encodedBy(tb, fmt.Sprint("klauspost", level), func() (encoder, error) { return kgzip.NewWriterLevel(nil, level) }, text, flush)
}

func encodedBy(tb testing.TB, name string, make func() (encoder, error), text []byte, flush int) []byte {
	tb.Helper()
	w, ok := encoders[name]
	if !ok {
		var err error
		if w, err = make(); err != nil {
			tb.Fatal(err)
		}
		encoders[name] = w
	}
	var b bytes.Buffer
	w.Reset(&b)
	if err := compress(w, text, flush); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

type flusher interface {
	io.WriteCloser
	Flush() error
}

func compress(w flusher, text []byte, flush int) error {
	var errs []error
	if flush == 0 {
		flush = len(text) + 1
	}
	for p := range slices.Chunk(text, flush) {
		_, err := w.Write(p)
		errs = append(errs, err)
		if len(p) == flush {
			errs = append(errs, w.Flush())
		}
	}
	return errors.Join(append(errs, w.Close())...)
}

// page is some HTML of about n bytes that compresses as pages do.
func page(n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n), 2))
	words := strings.Fields(`the shop price of a basket and <b>more</b> <a href="/products/ > things</a> to buy <i>today</i> or
		tomorrow <li class="item"> </li> <div class="card"> </div> <p> </p> <span> </span> &amp; delivery returns customer`)
	b := []byte("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>A shop</title>\n" +
		"<link rel=\"stylesheet\" href=\"/static/site.css\">\n</head>\n<body>\n")
	for len(b) < n {
		b = append(b, words[r.IntN(len(words))]...)
		if r.IntN(4) == 0 {
			b = append(b, fmt.Sprint(r.IntN(100000))...)
		}
		b = append(b, ' ')
	}
	return append(b, "</body>\n</html>\n"...)
}

// raw makes a gzip member from DEFLATE bits that a test wrote.
func raw(deflate, text []byte) []byte {
	b := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, deflate...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(text))
	return binary.LittleEndian.AppendUint32(b, uint32(len(text)))
}

// withHeaderSum adds the checksum of a header that has a name of one letter.
func withHeaderSum(body []byte) []byte {
	const n = 12
	sum := binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(body[:n])))
	return slices.Concat(body[:n], sum, body[n:])
}

// asMember makes a gzip member of DEFLATE blocks, with the right trailer if
// they decode.
func asMember(deflate []byte) []byte {
	src := bytes.NewReader(deflate)
	z := flate.NewReader(src)
	text, err := io.ReadAll(io.LimitReader(z, 1<<20))
	if err == nil {
		deflate = deflate[:len(deflate)-src.Len()]
	}
	return raw(deflate, text)
}
