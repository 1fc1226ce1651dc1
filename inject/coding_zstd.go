package inject

import (
	"bufio"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	// zstdWindow is the largest window that a body may ask for: RFC 9659
	// forbids more for this content coding, and browsers refuse it.
	zstdWindow = 8 << 20
	// zstdEncoderWindow bounds the encoder's memory.
	zstdEncoderWindow = 512 << 10
)

// A concurrency of one means that neither starts a goroutine.
var (
	zstdReaders = sync.Pool{New: func() any {
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic(err) // the options are constants
		}
		return r
	}}
	zstdWriters = sync.Pool{New: func() any {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(zstdEncoderWindow), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are constants
		}
		return w
	}}
)

// zstdCoding is zstd (RFC 8878).
type zstdCoding struct{}

func (zstdCoding) decode(dst io.Writer, src *bufio.Reader) error {
	r := zstdReaders.Get().(*zstd.Decoder)
	defer zstdReaders.Put(r)
	if err := r.Reset(src); err != nil {
		return err
	}
	buf := getBuffer()
	defer putBuffer(buf)
	return copyDecoded(dst, r, buf[:])
}

func (zstdCoding) encoder(dst io.Writer) encoder {
	w := zstdWriters.Get().(*zstd.Encoder)
	w.Reset(dst)
	return w
}

func (zstdCoding) free(e encoder) { zstdWriters.Put(e) }
