package splice

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"testing"
)

// minCorpus is how many pages a corpus has to have, so that what TestCorpus
// tells of it is worth something.
const minCorpus = 2000

// zlibEncoder is zlib's own deflater, in a process of Python's: that of nginx,
// of Apache and of most servers that are not written in Go.
type zlibEncoder struct {
	in  io.WriteCloser
	out io.Reader
}

const zlibEncoderProgram = `
import sys, struct, zlib
i, o = sys.stdin.buffer, sys.stdout.buffer
while True:
    head = i.read(12)
    if len(head) < 12:
        break
    level, flush, n = struct.unpack('<III', head)
    text = i.read(n)
    z = zlib.compressobj(level, zlib.DEFLATED, 31)
    out = []
    for at in range(0, n, flush or n or 1):
        out.append(z.compress(text[at:at + (flush or n)]))
        if flush:
            out.append(z.flush(zlib.Z_SYNC_FLUSH))
    out = b''.join(out) + z.flush()
    o.write(struct.pack('<I', len(out)) + out)
    o.flush()
`

// startZlibEncoder returns nil where there is no Python.
func startZlibEncoder(tb testing.TB) *zlibEncoder {
	tb.Helper()
	cmd := exec.Command("python3", "-c", zlibEncoderProgram)
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if cmd.Start() != nil {
		return nil
	}
	tb.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			tb.Error(err)
		}
	})
	return &zlibEncoder{in, out}
}

// gzipped compresses, with a sync flush (Z_SYNC_FLUSH) after every so many
// bytes; 0 is never.
func (z *zlibEncoder) gzipped(tb testing.TB, level, flush int, text []byte) []byte {
	tb.Helper()
	head := make([]byte, 0, 12)
	for _, n := range []int{level, flush, len(text)} {
		head = binary.LittleEndian.AppendUint32(head, uint32(n))
	}
	// Python answers only after it has read all, so the pipe cannot block both.
	_, err := z.in.Write(append(head, text...))
	var size [4]byte
	if err == nil {
		_, err = io.ReadFull(z.out, size[:])
	}
	body := make([]byte, binary.LittleEndian.Uint32(size[:]))
	if err == nil {
		_, err = io.ReadFull(z.out, body)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// TestCorpusZlib puts a tag into real pages that zlib has compressed, at its
// levels and flushed as servers flush while they render, and has the result
// inflated by the standard library, by klauspost's and by zlib.
func TestCorpusZlib(t *testing.T) {
	pages, all := corpus(t)
	if all && len(pages) < minCorpus {
		t.Fatalf("the corpus has %d distinct pages, want %d", len(pages), minCorpus)
	}
	encoder, checker := startZlibEncoder(t), startZlib(t)
	if encoder == nil || checker == nil {
		if all {
			t.Fatal("the corpus needs python3, for its zlib")
		}
		t.Skip("without python3, zlib is not asked")
	}
	total := 0
	for _, level := range []int{1, 6, 9} {
		for _, flush := range []int{0, 256, 1 << 10, 4 << 10, 16 << 10} {
			var growth []int
			for i, text := range pages {
				body := encoder.gzipped(t, level, flush, text)
				at := headTag.FindIndex(text)[1]
				r := checkSplice(t, body, at, run{ahead: 1 << 10, hold: true})
				if err := checker.check(r.out, slices.Concat(text[:at], []byte(testTag), text[at:])); err != "" {
					t.Fatalf("level %d flush %d, page %d: %s", level, flush, i, err)
				}
				growth = append(growth, len(r.out)-len(body))
			}
			total += len(growth)
			slices.Sort(growth)
			n := len(growth)
			t.Logf("%-30s %5d pages, a tag of %d bytes, longer by: median %d, p95 %d, most %d",
				fmt.Sprintf("zlib level %d flush %d", level, flush), n, len(testTag), growth[n/2], growth[n*95/100], growth[n-1])
		}
	}
	t.Logf("%d pages, %d cases", len(pages), total)
	if err := checker.stop(); err != nil {
		t.Error(err)
	}
}

// The encoder of the other test does what is asked of it: it flushes, and its
// levels differ.
func TestZlibEncoder(t *testing.T) {
	encoder := startZlibEncoder(t)
	if encoder == nil {
		t.Skip("python3 is not installed")
	}
	text := page(33 << 10)
	for _, level := range []int{1, 9} {
		plain, flushed := encoder.gzipped(t, level, 0, text), encoder.gzipped(t, level, 1<<10, text)
		// What a sync flush leaves: an empty stored block (RFC 1951, 3.2.4).
		if got := bytes.Count(flushed, []byte{0, 0, 0xff, 0xff}); got < len(text)>>10 || bytes.Count(plain, []byte{0, 0, 0xff, 0xff}) > 1 {
			t.Errorf("level %d: %d flushes of %d bytes", level, got, len(text))
		}
		if got, err := inflated(plain, false); err != nil || !bytes.Equal(got, text) {
			t.Errorf("level %d: %v, %d bytes became %d", level, err, len(text), len(got))
		}
	}
	if a, b := encoder.gzipped(t, 1, 0, text), encoder.gzipped(t, 9, 0, text); len(a) <= len(b) {
		t.Errorf("level 1 makes %d bytes, level 9 %d", len(a), len(b))
	}
}
