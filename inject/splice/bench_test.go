package splice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
)

// BenchmarkSplice is a whole page, beside what anyone else does: decode all of
// it and encode it anew.
func BenchmarkSplice(b *testing.B) {
	for _, size := range []int{2 << 10, 20 << 10, 100 << 10, 1 << 20} {
		text := page(size)
		body := gzipped(b, 6, text, 0)
		at := bytes.Index(text, []byte("<head>")) + len("<head>")
		name := fmt.Sprintf("%dKB", size>>10)
		b.Run(name+"/splice", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			tag := []byte(testTag)
			for b.Loop() {
				s := New()
				rest := body
				p := rest[:min(len(rest), 32<<10)]
				rest = rest[len(p):]
				s.Feed(p)
				if s.Look(at+1500) == Corrupt || s.Edit(at) == Corrupt {
					b.Fatal("corrupt")
				}
				err := s.Insert(io.Discard, tag, nil)
				for len(rest) > 0 && err == nil {
					p := rest[:min(len(rest), 32<<10)]
					rest = rest[len(p):]
					_, err = s.Write(p)
				}
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				s.Free()
			}
		})
		for _, level := range []int{1, 5} {
			b.Run(fmt.Sprintf("%s/recode level %d", name, level), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(size))
				benchRecode(b, body, at, level)
			})
		}
	}
}

// benchRecode is the other way, with everything pooled that can be.
func benchRecode(b *testing.B, body []byte, at, level int) {
	src := bytes.NewReader(body)
	r, err := kgzip.NewReader(src)
	if err != nil {
		b.Fatal(err)
	}
	w, err := kgzip.NewWriterLevel(io.Discard, level)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 32<<10)
	for b.Loop() {
		src.Reset(body)
		if err := r.Reset(src); err != nil {
			b.Fatal(err)
		}
		w.Reset(io.Discard)
		_, _ = io.CopyN(w, r, int64(at))
		_, _ = io.WriteString(w, testTag)
		if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRotating is a different page each time, as a server has it: what the
// processor has learned of one page's branches is of no use for the next.
func BenchmarkRotating(b *testing.B) {
	const pages = 200
	for _, size := range []int{20 << 10, 100 << 10} {
		var bodies [pages][]byte
		for i := range bodies {
			bodies[i] = gzipped(b, 6, page(size+i), 0) // the length is the seed, too
		}
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			b.ReportAllocs()
			tag := []byte(testTag)
			for i := 0; b.Loop(); i++ {
				s := New()
				s.Expect(int64(len(bodies[i%pages])))
				s.Feed(bodies[i%pages])
				if s.Look(512) == Corrupt || s.Edit(39) == Corrupt {
					b.Fatal("corrupt")
				}
				if err := errors.Join(s.Insert(io.Discard, tag, nil), s.Close()); err != nil {
					b.Fatal(err)
				}
				s.Free()
			}
		})
	}
}
