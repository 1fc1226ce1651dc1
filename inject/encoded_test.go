package inject

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// encoders make compressed bodies. Those of gzip and deflate are the standard
// library's, so that they do not come from the encoder under test.
var encoders = map[string]func(io.Writer) encoder{
	"gzip":         func(w io.Writer) encoder { return gzip.NewWriter(w) },
	"x-gzip":       func(w io.Writer) encoder { return gzip.NewWriter(w) },
	"deflate":      func(w io.Writer) encoder { return zlib.NewWriter(w) },
	"bare deflate": func(w io.Writer) encoder { return must(flate.NewWriter(w, 6)) },
	"br":           func(w io.Writer) encoder { return brotli.NewWriter(w) },
	"zstd":         func(w io.Writer) encoder { return must(zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))) },
}

// idle are encoders to be used again: some take a megabyte each.
var idle = map[string]*sync.Pool{
	"gzip": {}, "x-gzip": {}, "deflate": {}, "bare deflate": {}, "br": {}, "zstd": {},
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// encoded compresses a body; coding "" leaves it as it is.
func encoded(tb testing.TB, coding string, body []byte) []byte {
	tb.Helper()
	if coding == "" {
		return body
	}
	var b bytes.Buffer
	w, ok := idle[coding].Get().(encoder)
	if ok {
		w.(interface{ Reset(io.Writer) }).Reset(&b)
	} else {
		w = encoders[coding](&b)
	}
	defer idle[coding].Put(w)
	if _, err := w.Write(body); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// decoded is what a browser makes of a body, or an error. More than limit
// bytes are not read.
func decoded(coding string, body []byte, limit int64) ([]byte, error) {
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch coding {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	case "bare deflate":
		r = flate.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	case "zstd":
		var z *zstd.Decoder
		z, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		if err == nil {
			defer z.Close()
		}
		r = z
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, limit))
}
