package inject

import (
	"bufio"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
)

var (
	zlibReaders  sync.Pool // of zlibReader; zlib.NewReader needs a header to begin with
	flateReaders = sync.Pool{New: func() any { return flate.NewReader(nil) }}
	zlibWriters  = sync.Pool{New: func() any {
		w, err := zlib.NewWriterLevel(nil, gzipLevel)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
	flateWriters = sync.Pool{New: func() any {
		w, err := flate.NewWriter(nil, gzipLevel)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
)

// deflateCoding is deflate: the zlib format (RFC 1950) by RFC 9110, 8.4.1.2,
// and also a bare deflate stream (RFC 1951), which some servers send under that
// name and all browsers accept. It is written as it came.
type deflateCoding struct{ bare bool }

func (d *deflateCoding) decode(dst io.Writer, src *bufio.Reader) error {
	head, err := src.Peek(2)
	if err != nil && err != io.EOF {
		return err
	}
	d.bare = !isZlib(head)
	r, pool, err := d.reader(src)
	if err != nil {
		return err
	}
	defer pool.Put(r)
	buf := getBuffer()
	defer putBuffer(buf)
	if err := copyDecoded(dst, r, buf[:]); err != nil {
		return err
	}
	switch _, err := src.Peek(1); err {
	case io.EOF:
		return nil
	case nil:
		return errTrailing
	default:
		return err
	}
}

// isZlib says whether a stream begins with a zlib header (RFC 1950, 2.2). No
// bare stream that an encoder writes does: it would be a stored or dynamic
// block of odd content.
func isZlib(head []byte) bool {
	return len(head) == 2 && head[0]&0x0f == 8 && head[0]>>4 <= 7 &&
		(int(head[0])<<8|int(head[1]))%31 == 0
}

// reader returns a decoder and the pool to which it belongs.
func (d *deflateCoding) reader(src *bufio.Reader) (io.Reader, *sync.Pool, error) {
	if d.bare {
		r := flateReaders.Get().(io.Reader)
		return r, &flateReaders, r.(flate.Resetter).Reset(src, nil)
	}
	if r, ok := zlibReaders.Get().(io.Reader); ok {
		return r, &zlibReaders, r.(zlib.Resetter).Reset(src, nil)
	}
	r, err := zlib.NewReader(src)
	return r, &zlibReaders, err
}

func (d *deflateCoding) encoder(dst io.Writer) encoder {
	if d.bare {
		w := flateWriters.Get().(*flate.Writer)
		w.Reset(dst)
		return w
	}
	w := zlibWriters.Get().(*zlib.Writer)
	w.Reset(dst)
	return w
}

func (d *deflateCoding) free(e encoder) {
	if d.bare {
		flateWriters.Put(e)
	} else {
		zlibWriters.Put(e)
	}
}
