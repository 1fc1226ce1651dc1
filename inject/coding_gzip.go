package inject

import (
	"bufio"
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// gzipLevel loses five per cent against zlib's usual level, at half the time.
const gzipLevel = 4

var (
	gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}
	gzipWriters = sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, gzipLevel)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
)

// gzipCoding is gzip (RFC 1952).
type gzipCoding struct{}

// decode reads the members one by one (RFC 1952, 2.2), since what follows a
// member must not keep back the text before it.
func (gzipCoding) decode(dst io.Writer, src *bufio.Reader) error {
	z := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(z)
	buf := getBuffer()
	defer putBuffer(buf)
	for {
		if err := z.Reset(src); err != nil {
			return err
		}
		z.Multistream(false)
		if err := copyDecoded(dst, z, buf[:]); err != nil {
			return err
		}
		switch next, err := src.Peek(2); {
		case err == io.EOF && len(next) == 0:
			return nil
		case err != nil && err != io.EOF:
			return err
		case !bytes.Equal(next, []byte{0x1f, 0x8b}):
			return errTrailing
		}
	}
}

func (gzipCoding) encoder(dst io.Writer) encoder {
	w := gzipWriters.Get().(*gzip.Writer)
	w.Reset(dst)
	return w
}

func (gzipCoding) free(e encoder) { gzipWriters.Put(e) }
