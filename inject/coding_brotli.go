package inject

import (
	"bufio"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
)

// The level is the lowest that compresses as well as zlib's usual one. The
// window, 2^18 bytes, bounds the encoder's memory.
var brotliOptions = brotli.WriterOptions{Quality: 2, LGWin: 18}

var (
	brotliReaders = sync.Pool{New: func() any { return brotli.NewReader(nil) }}
	brotliWriters = sync.Pool{New: func() any { return brotli.NewWriterOptions(nil, brotliOptions) }}
)

// brotliCoding is br (RFC 7932). The format itself limits a decoder's window
// to 16 MiB.
type brotliCoding struct{}

func (brotliCoding) decode(dst io.Writer, src *bufio.Reader) error {
	r := brotliReaders.Get().(*brotli.Reader)
	defer brotliReaders.Put(r)
	if err := r.Reset(src); err != nil {
		return err
	}
	buf := getBuffer()
	defer putBuffer(buf)
	err := copyDecoded(dst, r, buf[:])
	if err != nil && err.Error() == excessiveInput {
		return nil
	}
	return err
}

// excessiveInput is the decoder's error for data after the end of the stream,
// which it does not export. Browsers ignore such data, and the error cannot be
// believed: v1.2.8 also reports it for complete streams whose last bytes come
// one at a time (53 of html5lib's 1,590 documents).
const excessiveInput = "brotli: excessive input"

func (brotliCoding) encoder(dst io.Writer) encoder {
	w := brotliWriters.Get().(*brotli.Writer)
	w.Reset(dst)
	return w
}

func (brotliCoding) free(e encoder) { brotliWriters.Put(e) }
